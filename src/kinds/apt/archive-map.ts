/** The archives that a recording touched, read from the indexes in it. */

import { HoldfastError, hexOf, ifSound, type Digest } from '../../core/index.ts';
import { indexPath, plainUrl, suitePlace, unlistedPlace } from './archive-urls.ts';
import { compressionOf } from './decompress.ts';
import { plainIndex } from './fetch.ts';
import { packageFile, parsePackages } from './packages.ts';
import type { ReadBody, RecordedExchange } from './recognise.ts';
import { parseRelease, type Release } from './release.ts';
import { unverifiedText } from './signature.ts';

interface Suite {
  readonly archive: string;
  readonly suite: string;
  /** URL of the directory that holds InRelease, with a final slash. */
  readonly directory: string;
  readonly releases: Release[];
  /** Lower-case hexadecimal SHA256 to path, of all the releases. */
  readonly pathByHash: Map<string, string>;
}

export interface IndexPlace {
  readonly archive: string;
  readonly suite: string;
  readonly path: string;
  readonly date: Date | undefined;
}

interface ListedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly digest: Digest;
}

export class ArchiveMap {
  readonly #suites = new Map<string, Suite>();
  readonly #packages = new Map<string, ListedPackage>();

  /** @throws what `readBody` throws */
  static async read(exchanges: readonly RecordedExchange[], readBody: ReadBody): Promise<ArchiveMap> {
    const map = new ArchiveMap();
    for (const exchange of exchanges) await map.#readRelease(exchange, readBody);
    const wanted = new Set(
      exchanges.map(exchange => plainUrl(exchange.key.url)).filter(url => url.endsWith('deb')),
    );
    for (const exchange of exchanges) {
      // Indexes are large: once every package is found, the rest is not read.
      if (wanted.size === 0) break;
      await map.#readPackages(exchange, readBody, wanted);
    }
    return map;
  }

  /** Where an index stands, if the URL is of a known suite's directory or has the shape of one. */
  indexAt(url: string): IndexPlace | undefined {
    const plain = plainUrl(url);
    const suite = this.#suiteOf(plain);
    if (suite === undefined) {
      const shape = unlistedPlace(plain);
      return shape === undefined ? undefined : { ...shape, date: undefined };
    }
    const path = indexPath(plain.slice(suite.directory.length), suite.pathByHash);
    if (path === undefined) return undefined;
    return { archive: suite.archive, suite: suite.suite, path, date: suite.releases.at(-1)?.date };
  }

  /** The base URL of the archive that the URL lies under; of several the nearest. */
  archiveOf(url: string): string | undefined {
    const plain = plainUrl(url);
    return longest(
      [...this.#suites.values()].map(suite => suite.archive).filter(base => plain.startsWith(base)),
      base => base,
    );
  }

  packageAt(url: string): ListedPackage | undefined {
    return this.#packages.get(plainUrl(url));
  }

  #suiteOf(url: string): Suite | undefined {
    const under = [...this.#suites.values()].filter(suite => url.startsWith(suite.directory));
    return longest(under, suite => suite.directory);
  }

  async #readRelease({ key, responses }: RecordedExchange, readBody: ReadBody): Promise<void> {
    const url = plainUrl(key.url);
    const directory = /^(.*\/)(?:InRelease|Release)$/.exec(url)?.[1];
    if (directory === undefined) return;
    for (const { status, body } of responses) {
      if (status !== 200 || body === undefined) continue;
      const text = unverifiedText(await readBody(body.digest));
      const release = ifSound(() => parseRelease(text, url));
      if (release !== undefined) this.#addRelease(directory, release);
    }
  }

  #addRelease(directory: string, release: Release): void {
    const known = this.#suites.get(directory) ?? {
      ...suitePlace(directory),
      directory,
      releases: [],
      pathByHash: new Map<string, string>(),
    };
    this.#suites.set(directory, known);
    known.releases.push(release);
    for (const { path, digest } of release.files.values()) known.pathByHash.set(hexOf(digest), path);
  }

  async #readPackages(
    { key, responses }: RecordedExchange,
    readBody: ReadBody,
    wanted: Set<string>,
  ): Promise<void> {
    const url = plainUrl(key.url);
    const suite = this.#suiteOf(url);
    const path = suite && indexPath(url.slice(suite.directory.length), suite.pathByHash);
    if (suite === undefined || path === undefined || !/(^|\/)Packages(\.\w+)?$/.test(path)) return;
    if (compressionOf(path) === undefined) return;
    for (const { status, body } of responses) {
      if (status !== 200 || body === undefined) continue;
      const plain = await plainIndex(await readBody(body.digest), url, path).catch((error: unknown) => {
        if (error instanceof HoldfastError) return undefined;
        throw error;
      });
      if (plain !== undefined) this.#addPackages(suite.archive, plain, wanted);
    }
  }

  /** Looks only for what is wanted: parsing 60 MB to find ten packages would take longer than the build. */
  #addPackages(archive: string, index: Buffer, wanted: Set<string>): void {
    const text = index.toString('latin1');
    for (const match of text.matchAll(/\nFilename:[ \t]*(?:\.\/)*([^\n]+)/g)) {
      // A Filename stands as it is, not percent-encoded, and so do the keys here.
      const url = archive + (match[1] ?? '').trimEnd();
      if (!wanted.has(url)) continue;
      const start = text.lastIndexOf('\n\n', match.index) + 1;
      const end = text.indexOf('\n\n', match.index);
      const stanza = text.slice(start, end < 0 ? text.length : end);
      const listed = ifSound(() => listedPackage(stanza, archive));
      if (listed === undefined) continue;
      this.#packages.set(url, listed);
      wanted.delete(url);
    }
  }
}

function listedPackage(stanza: string, archive: string): ListedPackage | undefined {
  const [record] = parsePackages(Buffer.from(stanza, 'latin1'), archive);
  if (record === undefined) return undefined;
  const { name, version, architecture } = record;
  return { name, version, architecture, digest: packageFile(record).digest };
}

function longest<Item>(items: readonly Item[], text: (item: Item) => string): Item | undefined {
  return items.toSorted((a, b) => text(b).length - text(a).length)[0];
}
