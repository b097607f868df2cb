import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as requestUpstream, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

/** One HTTPS server, by a certificate that only those trust who are told, before plain servers on the loopback. */
export class SecureFront {
  readonly #server: Server;
  readonly #directory: string;
  /** What `files.test` answers, by path. */
  readonly pages = new Map<string, string | Buffer>();
  /** Requests as `name/path`, in the order they came. */
  readonly requests: string[] = [];
  readonly #ports: ReadonlyMap<string, number>;

  private constructor(server: Server, directory: string, ports: ReadonlyMap<string, number>) {
    this.#server = server;
    this.#directory = directory;
    this.#ports = ports;
  }

  /** `ports` has the loopback port of each name; `files.test` has its pages here. */
  static async start(ports: ReadonlyMap<string, number>): Promise<SecureFront> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-front-'));
    const names = ['files.test', ...ports.keys()];
    const key = join(directory, 'key.pem');
    const certificate = join(directory, 'roots.pem');
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    const named = [
      '-subj',
      '/CN=upstream',
      '-addext',
      `subjectAltName=${names.map(name => `DNS:${name}`).join()}`,
    ];
    const args = ['req', '-x509', ...curve, ...named, '-keyout', key, '-out', certificate];
    await promisify(execFile)('openssl', args);
    const server = createServer({ cert: await readFile(certificate), key: await readFile(key) });
    const front = new SecureFront(server, directory, ports);
    server.on('request', (request, response) => {
      front.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The file that trusts this server. */
  get roots(): string {
    return join(this.#directory, 'roots.pem');
  }

  /** Without a final slash. */
  url(name: string): string {
    return `https://${name}:${this.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = (request.headers.host ?? '').replace(/:\d+$/, '');
    const path = request.url ?? '/';
    this.requests.push(`${name}${path}`);
    const port = this.#ports.get(name);
    if (port === undefined) {
      const page = name === 'files.test' ? this.pages.get(path) : undefined;
      response.writeHead(page === undefined ? 404 : 200).end(page ?? 'not found');
      return;
    }
    const { method, headers } = request;
    const answer = await new Promise<IncomingMessage>((done, failed) => {
      const upstream = requestUpstream({ host: '127.0.0.1', port, method, path, headers }, done);
      request.pipe(upstream.on('error', failed));
    });
    const body = await buffer(answer);
    const plain = /json/.test(answer.headers['content-type'] ?? '') && method !== 'HEAD';
    // A server that names itself in what it answers does not know that it is spoken to over TLS.
    const secured = plain ? Buffer.from(body.toString().replaceAll('http://', 'https://')) : body;
    const rest = Object.entries(answer.headers).filter(([header]) => header !== 'transfer-encoding');
    const length = method === 'HEAD' ? {} : { 'content-length': secured.length };
    response.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(rest), ...length }).end(secured);
  }
}
