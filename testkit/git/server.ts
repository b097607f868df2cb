import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanGitEnvironment, GitRepository } from './repository.ts';

export interface GitRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
}

/** A git server on the loopback: git's own `git http-backend` for every request, over repositories in a temporary directory. */
export class GitServer {
  /** Base URL without a final slash. */
  readonly url: string;
  readonly port: number;
  /** Every request since the start, in order. */
  readonly requests: GitRequest[];
  /** What requests must have as their Authorization; nothing where the server asks for none. */
  authorization: string | undefined;
  readonly #root: string;
  readonly #server: Server;
  readonly #children: Set<ChildProcess>;

  private constructor(root: string, server: Server, requests: GitRequest[], children: Set<ChildProcess>) {
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
    this.requests = requests;
    this.#root = root;
    this.#server = server;
    this.#children = children;
  }

  static async start(port = 0): Promise<GitServer> {
    const root = await mkdtemp(join(tmpdir(), 'holdfast-git-'));
    const requests: GitRequest[] = [];
    const children = new Set<ChildProcess>();
    const server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, headers });
      const { authorization } = started;
      if (authorization === undefined || headers.authorization === authorization)
        serve(root, request, response, children);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const started = new GitServer(root, server, requests, children);
    return started;
  }

  /** A new repository, empty, at `url`/`name`. `settings` are git's own. */
  create(
    name: string,
    settings?: Readonly<Record<string, string>>,
    objectFormat?: 'sha1' | 'sha256',
  ): Promise<GitRepository> {
    return GitRepository.create(join(this.#root, name), settings, objectFormat);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    for (const child of this.#children) child.kill();
    await closed;
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** RFC 3875 (CGI), as far as git http-backend needs it. */
function serve(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  children: Set<ChildProcess>,
): void {
  const { method = 'GET', headers } = request;
  const url = new URL(request.url ?? '/', 'http://git.test');
  const protocol = String(headers['git-protocol'] ?? '');
  const child = spawn('git', ['http-backend'], {
    stdio: 'pipe',
    env: {
      ...cleanGitEnvironment,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: protocol,
      HTTP_GIT_PROTOCOL: protocol,
      GATEWAY_INTERFACE: 'CGI/1.1',
      REQUEST_METHOD: method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: headers['content-type'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      ...(headers['content-length'] !== undefined && { CONTENT_LENGTH: headers['content-length'] }),
      ...(headers['content-encoding'] !== undefined && {
        HTTP_CONTENT_ENCODING: headers['content-encoding'],
      }),
    },
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  child.stdin.on('error', () => undefined);
  child.stderr.resume();
  request.pipe(child.stdin);
  response.on('close', () => child.kill());
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', readHead);
    writeHead(response, head.toString('latin1', 0, end));
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  };
  child.stdout.on('data', readHead);
  child.stdout.on('end', () => {
    if (!response.headersSent) response.writeHead(500).end();
  });
}

function writeHead(response: ServerResponse, head: string): void {
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
}
