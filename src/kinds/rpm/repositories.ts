import { createHash } from 'node:crypto';
import { hexOf, type Digest } from '../../core/index.ts';
import { bodyOf } from '../answers.ts';
import type { Exchange } from '../exchange.ts';
import type { ArchiveInput, RecogniseContext } from '../kind.ts';
import { directoryUrl, urlPath, type UrlPath } from '../url-path.ts';
import type { RpmPackage } from './package.ts';
import { isPrimary, primaryPackages } from './primary.ts';
import { isMirrorList, parseRepomd, type Repomd } from './repomd.ts';

/** Compressed; a large distribution's primary metadata has 30 MB. */
const largestPrimary = 128 * 1024 * 1024;
const largestRepomd = 4 * 1024 * 1024;
const largestMirrorList = 4 * 1024 * 1024;

/** What a build's exchanges tell of the repositories that it used. */
export class Repositories {
  /** By the URL of the directory that holds `repodata`. */
  readonly #repositories = new Map<string, Repomd>();
  /** `algorithm:hexadecimal` of all that the repomd.xml files name. */
  readonly #checksums = new Set<string>();
  readonly #mirrorLists = new Set<Digest>();
  /** By the SHA-256 of the package's file. */
  readonly #packages = new Map<string, RpmPackage>();

  /** @throws what `readBody` throws; metadata that cannot be read is no error */
  static async read({ exchanges, readBody }: RecogniseContext): Promise<Repositories> {
    const repositories = new Repositories();
    await repositories.#readRepomds(exchanges, readBody);
    await repositories.#readMirrorLists(exchanges, readBody);
    await repositories.#readPackages(exchanges, readBody);
    return repositories;
  }

  /** The archive whose repomd.xml lies at a path; nothing where none was read there. */
  archiveAt({ origin, segments }: UrlPath): ArchiveInput | undefined {
    const directory = segments.slice(0, -2);
    const repomd = this.#repositories.get(directoryUrl(origin, directory));
    if (repomd === undefined) return undefined;
    const start = directory.findLastIndex(isRelease);
    return start < 0
      ? { url: directoryUrl(origin, directory), suite: '-', date: repomd.date }
      : {
          url: directoryUrl(origin, directory.slice(0, start)),
          suite: directory.slice(start).join('/'),
          date: repomd.date,
        };
  }

  /** Whether a file lies in a repository whose repomd.xml the build read. */
  holds({ origin, segments }: UrlPath): boolean {
    return segments.some((_, n) => this.#repositories.has(directoryUrl(origin, segments.slice(0, n))));
  }

  /** The package that a repository lists with this digest, at whatever mirror. */
  packageWith(digest: Digest): RpmPackage | undefined {
    return this.#packages.get(hexOf(digest));
  }

  isMirrorList(digest: Digest): boolean {
    return this.#mirrorLists.has(digest);
  }

  /** Whether a repomd.xml has the checksum of a file: packages are what a whole chain of checksums says. */
  #names(bytes: Buffer): boolean {
    const algorithms = new Set(
      [...this.#checksums].map(checksum => checksum.slice(0, checksum.indexOf(':'))),
    );
    return [...algorithms].some(algorithm =>
      this.#checksums.has(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`),
    );
  }

  async #readRepomds(exchanges: readonly Exchange[], readBody: RecogniseContext['readBody']) {
    for (const { path, body } of answered(exchanges, largestRepomd)) {
      if (!isRepomd(path)) continue;
      const repomd = parseRepomd((await readBody(body.digest)).toString());
      if (repomd === undefined) continue;
      this.#repositories.set(directoryUrl(path.origin, path.segments.slice(0, -2)), repomd);
      for (const checksum of repomd.checksums) this.#checksums.add(checksum);
    }
  }

  async #readMirrorLists(exchanges: readonly Exchange[], readBody: RecogniseContext['readBody']) {
    const isRepository = (url: string) => {
      const path = urlPath(url.endsWith('/') ? url : `${url}/`);
      return path !== undefined && this.holds(path);
    };
    for (const { exchange, body } of answered(exchanges, largestMirrorList)) {
      if (!asksForMirrors(exchange)) continue;
      const text = (await readBody(body.digest)).toString();
      if (isMirrorList(text, isRepository)) this.#mirrorLists.add(body.digest);
    }
  }

  async #readPackages(exchanges: readonly Exchange[], readBody: RecogniseContext['readBody']) {
    const files = [...answered(exchanges, Infinity)].filter(({ path }) =>
      path.segments.at(-1)?.endsWith('.rpm'),
    );
    const wanted = new Set(files.map(({ body }) => hexOf(body.digest)));
    for (const { path, body } of answered(exchanges, largestPrimary)) {
      if (wanted.size === 0) return;
      const file = path.segments.at(-1) ?? '';
      if (path.segments.at(-2) !== 'repodata' || !isPrimary(file)) continue;
      const bytes = await readBody(body.digest);
      if (!this.#names(bytes)) continue;
      for await (const [sha256, listed] of primaryPackages(bytes, file, wanted)) {
        this.#packages.set(sha256, listed);
        wanted.delete(sha256);
      }
    }
  }
}

function* answered(exchanges: readonly Exchange[], largest: number) {
  for (const exchange of exchanges) {
    const path = urlPath(exchange.key.url);
    const body = bodyOf(exchange);
    if (path !== undefined && body !== undefined && body.size <= largest) yield { exchange, path, body };
  }
}

export function isRepomd({ segments }: UrlPath): boolean {
  return segments.at(-2) === 'repodata' && segments.at(-1) === 'repomd.xml';
}

/** A distribution's release: `9`, `15.6`, `9-stream`, `7Server`. From there on a path is what others call a suite. */
function isRelease(segment: string): boolean {
  return /^(?:\d+(?:\.\d+)*(?:-?[a-z]+)?|rawhide|tumbleweed)$/i.test(segment);
}

function asksForMirrors({ key, responses }: Exchange): boolean {
  const types = responses.flatMap(({ headers }) => headers.filter(([name]) => name === 'content-type'));
  return /mirrorlist|metalink/i.test(key.url) || types.some(([, value]) => /metalink/i.test(value));
}
