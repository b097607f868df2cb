import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { tarOf } from '../tar.ts';

/** A package as its author writes it; `files` are beside package.json. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** RFC 3339: when it was published. */
  readonly time?: string;
}

/**
 * An npm registry with a past: packuments in both forms, tarballs, and whatever was published up to now.
 * It speaks npm's public registry protocol over HTTP on the loopback.
 */
export class NpmRegistry {
  readonly #packages = new Map<string, NpmPackage[]>();
  readonly #server: Server;
  /** Paths asked for, in order. */
  readonly requests: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<NpmRegistry> {
    const server = createServer();
    const registry = new NpmRegistry(server);
    server.on('request', (request, response) => {
      registry.requests.push(request.url ?? '');
      const answer = registry.#answer(
        new URL(request.url ?? '/', `http://${request.headers.host ?? 'npm.test'}`),
        request.headers.accept,
      );
      response.writeHead(answer.status, {
        'content-type': answer.type,
        'content-length': answer.body.length,
      });
      response.end(request.method === 'HEAD' ? undefined : answer.body);
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  publish(...packages: readonly NpmPackage[]): void {
    for (const one of packages) this.#packages.set(one.name, [...(this.#packages.get(one.name) ?? []), one]);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  #answer(url: URL, accept = ''): { status: number; type: string; body: Buffer } {
    const path = decodeURIComponent(url.pathname).slice(1);
    const [name = '', file] = path.split('/-/');
    const versions = this.#packages.get(name);
    const notFound = { status: 404, type: 'application/json', body: Buffer.from('{"error":"Not found"}') };
    if (versions === undefined) return notFound;
    if (file !== undefined) {
      const found = versions.find(one => file === tarballName(one));
      return found ? { status: 200, type: 'application/octet-stream', body: tarballOf(found) } : notFound;
    }
    const abbreviated = accept.includes('application/vnd.npm.install-v1+json');
    const body = Buffer.from(JSON.stringify(packumentOf(name, versions, url.origin, abbreviated)));
    return {
      status: 200,
      type: abbreviated ? 'application/vnd.npm.install-v1+json' : 'application/json',
      body,
    };
  }
}

const baseName = (name: string) => name.slice(name.lastIndexOf('/') + 1);
const tarballName = ({ name, version }: NpmPackage) => `${baseName(name)}-${version}.tgz`;

function tarballOf({ name, version, dependencies, files = {} }: NpmPackage): Buffer {
  const manifest = JSON.stringify({ name, version, main: 'index.js', dependencies }, undefined, 2);
  const entries = Object.entries({ 'package.json': manifest, ...files });
  return gzipSync(
    tarOf(entries.map(([path, text]) => ({ path: `package/${path}`, content: Buffer.from(text) }))),
  );
}

function packumentOf(
  name: string,
  versions: readonly NpmPackage[],
  origin: string,
  abbreviated: boolean,
): object {
  const documents = versions.map(one => {
    const tarball = tarballOf(one);
    const dist = {
      tarball: `${origin}/${name}/-/${tarballName(one)}`,
      shasum: createHash('sha1').update(tarball).digest('hex'),
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    };
    return [
      one.version,
      { name, version: one.version, main: 'index.js', dependencies: one.dependencies, dist },
    ];
  });
  const latest = versions.at(-1)?.version;
  const time = Object.fromEntries(versions.map(one => [one.version, one.time ?? '2026-01-01T00:00:00.000Z']));
  const common = { name, 'dist-tags': { latest }, versions: Object.fromEntries(documents) as object };
  return abbreviated ? { ...common, modified: Object.values(time).at(-1) } : { ...common, time };
}
