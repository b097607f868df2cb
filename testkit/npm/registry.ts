import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerTo, entityTag, type RegistryShape } from './answers.ts';
import { PackageHistory } from './history.ts';
import type { NpmPackage } from './package.ts';

/**
 * An npm registry with a past: packuments in both forms, manifests, tags and tarballs, of whatever was published up
 * to now. It speaks npm's public registry protocol over HTTP on the loopback.
 */
export class NpmRegistry {
  /** RFC 3339: what happens later is not shown. Unset, everything is. */
  now: string | undefined;
  /** Paths asked for, in order. */
  readonly requests: string[] = [];
  readonly #histories = new Map<string, PackageHistory>();
  readonly #shape: RegistryShape;
  readonly #server: Server;

  private constructor(server: Server, shape: RegistryShape) {
    this.#server = server;
    this.#shape = shape;
  }

  static async start(shape: RegistryShape = {}): Promise<NpmRegistry> {
    const server = createServer();
    const registry = new NpmRegistry(server, shape);
    server.on('request', (request, response) => registry.#serve(request, response));
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Base URL with a final slash. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  publish(...packages: readonly NpmPackage[]): void {
    for (const one of packages) this.#history(one.name).publish(one);
  }

  /** `npm dist-tag add`, or `rm` where no version is given. */
  tag(name: string, tag: string, version: string | undefined, time: string): void {
    this.#history(name).tag(tag, version, time);
  }

  /** `npm unpublish`: one version, or the whole package. */
  unpublish(name: string, version: string | undefined, time: string): void {
    this.#history(name).unpublish(version, time);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  #history(name: string): PackageHistory {
    const history = this.#histories.get(name) ?? new PackageHistory();
    this.#histories.set(name, history);
    return history;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request.url ?? '');
    request.resume();
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'npm.test'}`);
    const stateOf = (name: string) => this.#histories.get(name)?.at(this.now);
    const answer = answerTo(request.method ?? 'GET', url, request.headers.accept, this.#shape, stateOf);
    const headers = { 'content-type': answer.type, etag: entityTag(answer.body), vary: 'accept' };
    if (answer.status === 200 && request.headers['if-none-match'] === headers.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }
}
