import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { archiveFetch } from '../src/build/base/packages.ts';
import { readSources, type SourceEntry } from '../src/kinds/apt/index.ts';
import { AptArchive } from '../testkit/apt/index.ts';
import { upstreamEnvironment } from './program.ts';

const release = 'bookworm';
const securitySuite = `${release}-security`;

/**
 * A mirror on the loopback of the archive in this system's apt configuration: all of it are that archive's own bytes and
 * signatures, but for the security suite, which is empty, and signed by a key made here, until `publishSecurity`.
 */
export class DebianMirror {
  /** Below the server: one archive with all suites. */
  readonly path = '/debian';
  /** The public key of the empty suite. */
  readonly key: Buffer;
  /** Keyrings of this system that vouch for the archive. */
  readonly keyrings: readonly string[];
  readonly #server: Server;
  readonly #upstream: (path: string) => Promise<Buffer | undefined>;
  readonly #close: () => Promise<void>;
  #isPublished = false;

  private constructor(
    server: Server,
    key: Buffer,
    keyrings: readonly string[],
    upstream: (path: string) => Promise<Buffer | undefined>,
    close: () => Promise<void>,
  ) {
    [this.#server, this.key, this.keyrings] = [server, key, keyrings];
    [this.#upstream, this.#close] = [upstream, close];
  }

  static async start({ main, security, keyrings }: DebianSources): Promise<DebianMirror> {
    const { fetch, close } = await archiveFetch(upstreamEnvironment());
    const known = new Map<string, Promise<Buffer | undefined>>();
    const upstream = (path: string) => {
      const url = `${isOfSecurity(path) ? security : main}/${path}`;
      const answer = known.get(url) ?? fetch(url).then(body => body && buffer(Readable.from(body)));
      known.set(url, answer);
      return answer;
    };
    const dated = /^Date: (.*)$/m.exec(String(await upstream(`dists/${release}/InRelease`)))?.[1] ?? '';
    const before = await AptArchive.create({ origin: 'Debian' });
    await before.publish({ date: new Date(dated), packages: [], suite: securitySuite });

    const server = createServer((request, response) => {
      // As a proxy it is asked with the whole address.
      const path = new URL(request.url ?? '', 'http://deb.test').pathname.replace(/^\/debian\//, '');
      const isPast = !mirror.#isPublished && path.startsWith(`dists/${securitySuite}/`);
      const answer = isPast ? Promise.resolve(before.files.get(path)?.bytes) : upstream(path);
      void answer.then(
        body => response.writeHead(body === undefined ? 404 : 200).end(body),
        () => response.writeHead(502).end(),
      );
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const mirror = new DebianMirror(server, before.key.gpg, keyrings, upstream, close);
    return mirror;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on the security suite is the real one. */
  publishSecurity(): void {
    this.#isPublished = true;
  }

  /** What a suite of the real archive has for this machine's architecture. */
  async packages(suite: string): Promise<MirroredPackage[]> {
    const architecture = String(execFileSync('dpkg', ['--print-architecture'])).trim();
    const packed = await this.#upstream(`dists/${suite}/main/binary-${architecture}/Packages.xz`);
    const text = String(execFileSync('xz', ['-dc'], { input: packed, maxBuffer: 2 ** 30 }));
    return text.split('\n\n').flatMap(stanza => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
      const [name, version] = [field('Package'), field('Version')];
      if (name === undefined || version === undefined) return [];
      const [, source = name, , sourceVersion = version] =
        /^(\S+)( \((.+)\))?$/.exec(field('Source') ?? name) ?? [];
      return [{ name, version, source, sourceVersion }];
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
    await this.#close();
  }
}

const isOfSecurity = (path: string) =>
  path.startsWith(`dists/${securitySuite}/`) || path.startsWith('pool/updates/');

export interface MirroredPackage {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
}

export interface DebianSources {
  /** Base URLs without a final slash. */
  readonly main: string;
  readonly security: string;
  readonly keyrings: readonly string[];
}

/** Where this system's apt has the release and its security suite; a text that says why not. */
export async function debianSources(): Promise<DebianSources | string> {
  const entries = (await readSources('/')).filter(({ types }) => types.includes('deb'));
  const having = (suite: string) => entries.find(({ suites }) => suites.includes(suite));
  const [main, security] = [having(release), having(securitySuite)];
  if (main === undefined || security === undefined)
    return `this system's apt configuration has no ${release} and ${securitySuite}`;
  const uri = (entry: SourceEntry) => (entry.uris[0] ?? '').replace(/\/+$/, '');
  const named = [main, security].flatMap(({ signedBy }) =>
    signedBy.flatMap(one => (one.kind === 'file' ? [one.path] : [])),
  );
  const usual = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const keyrings = [...new Set(named.length > 0 ? named : [usual])];
  if (!keyrings.every(path => existsSync(path))) return `there is no ${keyrings.join(', ')}`;
  return { main: uri(main), security: uri(security), keyrings };
}

/** Whether a version is newer by Debian's own rules, told by dpkg. */
export function isNewer(version: string, than: string): boolean {
  try {
    execFileSync('dpkg', ['--compare-versions', version, 'gt', than]);
    return true;
  } catch {
    return false;
  }
}
