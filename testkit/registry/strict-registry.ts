import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fail, giveBytes, pageOf } from './answers.ts';
import { referrersOf, serveManifest } from './manifests.ts';
import { RepositoryState } from './state.ts';
import { serveUpload } from './uploads.ts';

/** What a registry may do in one way or another, and does in the most helpful one unless it is told. */
export interface StrictOptions {
  /** The referrers API; without it clients keep the list themselves. */
  readonly referrers?: boolean;
  readonly mount?: boolean;
  /** Range on blobs. */
  readonly ranges?: boolean;
  readonly delete?: 'all' | 'digests' | 'none';
  /** Indexes whose manifests are not there. */
  readonly sparse?: boolean;
  /** Names a page at most. */
  readonly pageSize?: number;
  /** Bytes of the least chunk. */
  readonly smallestChunk?: number;
  /** Bytes of a blob that one request may hold. */
  readonly wholeLimit?: number;
  /** Sent with every answer. */
  readonly warning?: string;
  /** Answers in place of the registry where it gives `true`; may break the connection. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/**
 * A registry of the OCI distribution specification 1.1, in memory, on the loopback. What a client must not do it
 * refuses, and keeps in `violations`.
 */
export class StrictRegistry {
  /** `METHOD path?query`, in order. */
  readonly requests: string[] = [];
  readonly violations: string[] = [];
  readonly #options: StrictOptions;
  readonly #server: Server;
  readonly #repositories = new Map<string, RepositoryState>();

  private constructor(server: Server, options: StrictOptions) {
    this.#server = server;
    this.#options = options;
  }

  static async start(options: StrictOptions = {}): Promise<StrictRegistry> {
    const server = createServer();
    const registry = new StrictRegistry(server, options);
    server.on('request', (request, response) => {
      request.on('error', () => undefined);
      registry.#serve(request, response).catch(() => response.destroy());
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As in references. */
  get domain(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** What a repository holds; made where there is none. */
  repository(name: string): RepositoryState {
    const known = this.#repositories.get(name) ?? new RepositoryState();
    this.#repositories.set(name, known);
    return known;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.#options.intercept?.(request, response)) return;
    if (this.#options.warning) response.setHeader('warning', `299 - "${this.#options.warning}"`);
    const url = new URL(request.url ?? '/', `http://${this.domain}`);
    const route = /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|tags|referrers)\/(.*)$/.exec(url.pathname);
    if (route === null) {
      request.resume();
      response.writeHead(url.pathname === '/v2/' ? 200 : 404, { 'content-length': 0 }).end();
      return;
    }
    const [, name = '', kind = '', rest = ''] = route;
    await this.#route(name, kind, decodeURIComponent(rest), url, response);
  }

  async #route(name: string, kind: string, rest: string, url: URL, response: ServerResponse): Promise<void> {
    const { req: request } = response;
    const options = this.#options;
    const violation = (text: string) => void this.violations.push(text);
    const other = (repository: string) => this.repository(repository);
    if (kind === 'blobs/uploads') {
      const repository = this.repository(name);
      const asked = { name, repository, id: rest, url, options, other, violation };
      return serveUpload(asked, request, response);
    }
    const body = await buffer(request);
    const repository = request.method === 'PUT' ? this.repository(name) : this.#repositories.get(name);
    if (repository === undefined) return fail(response, 404, 'NAME_UNKNOWN');
    switch (kind) {
      case 'blobs': {
        const bytes = repository.blobs.get(rest);
        if (bytes === undefined) return fail(response, 404, 'BLOB_UNKNOWN');
        const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': rest };
        return giveBytes(response, bytes, headers, options.ranges !== false);
      }
      case 'manifests':
        return serveManifest({ repository, reference: rest, options, violation }, body, response);
      case 'tags': {
        const { page, headers } = pageOf([...repository.tags.keys()], url, options.pageSize ?? 100);
        return giveJson(response, { name, tags: page }, 'application/json', headers);
      }
      default: {
        if (options.referrers === false) return fail(response, 404, 'NOT_FOUND');
        const found = referrersOf(repository, rest);
        const digests = found.map(one => (one as { digest: string }).digest);
        const { page, headers } = pageOf(digests, url, options.pageSize ?? 100);
        const manifests = found.filter((_, n) => page.includes(digests[n] ?? ''));
        const type = 'application/vnd.oci.image.index.v1+json';
        return giveJson(response, { schemaVersion: 2, mediaType: type, manifests }, type, headers);
      }
    }
  }
}

function giveJson(
  response: ServerResponse,
  value: object,
  type: string,
  headers: Readonly<Record<string, string>>,
): void {
  giveBytes(response, Buffer.from(JSON.stringify(value)), { 'content-type': type, ...headers }, false);
}
