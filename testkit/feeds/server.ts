import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { AuditedFlaw } from './documents.ts';

/**
 * Serves feeds over HTTP on the loopback as their publishers do: documents with an ETag, and what npm's registry answers
 * to an audit.
 */
export class FeedServer {
  /** By path. */
  readonly documents = new Map<string, Buffer>();
  /** By package; what the registry knows at `/-/npm/v1/security/advisories/bulk`. */
  readonly audited = new Map<string, readonly AuditedFlaw[]>();
  /** `METHOD PATH STATUS` of each request. */
  readonly requests: string[] = [];
  /** Answers this to everything, where it is set. */
  broken: number | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FeedServer> {
    const server = createServer();
    const feeds = new FeedServer(server);
    server.on('request', (request, response) => void feeds.#serve(request, response));
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return feeds;
  }

  /** Without a final slash. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const body = await buffer(request);
    const status = this.#answer(method, path, body, request, response);
    this.requests.push(`${method} ${path} ${status}`);
  }

  #answer(
    method: string,
    path: string,
    body: Buffer,
    { headers }: IncomingMessage,
    response: ServerResponse,
  ): number {
    const send = (status: number, content: Buffer | string = '', etag?: string) => {
      response.writeHead(status, etag === undefined ? {} : { etag }).end(content);
      return status;
    };
    if (this.broken !== undefined) return send(this.broken);
    if (method === 'POST' && path === '/-/npm/v1/security/advisories/bulk') {
      const asked = Object.keys(JSON.parse(body.toString()) as object);
      return send(
        200,
        JSON.stringify(Object.fromEntries(asked.flatMap(name => [[name, this.audited.get(name) ?? []]]))),
      );
    }
    const document = this.documents.get(path);
    if (document === undefined) return send(404);
    const etag = `"${createHash('sha256').update(document).digest('hex')}"`;
    return headers['if-none-match'] === etag ? send(304) : send(200, document, etag);
  }
}
