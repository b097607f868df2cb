import { bodyOf } from '../answers.ts';
import type { ArchiveInput, RecogniseContext } from '../kind.ts';
import { directoryUrl, urlPath, type UrlPath } from '../url-path.ts';
import { suiteLength } from './file-name.ts';
import { readPackageIndex, type PackageIndex } from './package-index.ts';
import type { PackageRecord } from './records.ts';

/** apk-repositories(5): format v2 and v3. */
const indexFiles = ['APKINDEX.tar.gz', 'Packages.adb'];

export function isIndexFile(name: string | undefined): boolean {
  return name !== undefined && indexFiles.includes(name);
}

/** Compressed. Alpine's largest index has some megabytes. */
const largestIndex = 64 * 1024 * 1024;

/** The repositories whose indexes a build read. A repository is one directory: its index, and its packages beside it. */
export class Repositories {
  readonly #indexes = new Map<string, PackageIndex>();

  /** @throws what `readBody` throws; an index that cannot be read is no error */
  static async read({ exchanges, readBody }: RecogniseContext): Promise<Repositories> {
    const repositories = new Repositories();
    for (const exchange of exchanges) {
      const path = urlPath(exchange.key.url);
      const body = bodyOf(exchange);
      if (path === undefined || body === undefined || body.size > largestIndex) continue;
      if (!isIndexFile(path.segments.at(-1))) continue;
      const index = await readPackageIndex(await readBody(body.digest));
      if (index !== undefined) repositories.#indexes.set(directoryOf(path), index);
    }
    return repositories;
  }

  /** The archive whose index lies at a path; nothing where no index was read there. */
  archiveAt(path: UrlPath): ArchiveInput | undefined {
    const index = this.#indexes.get(directoryOf(path));
    if (index === undefined) return undefined;
    const directory = path.segments.slice(0, -1);
    const start = directory.length - suiteLength(directory);
    return {
      url: directoryUrl(path.origin, directory.slice(0, start)),
      suite: directory.slice(start).join('/') || '-',
      date: index.date,
    };
  }

  /** What the index beside a package says of a file of this name and size. */
  packageAt(path: UrlPath, size: number | undefined): PackageRecord | undefined {
    const record = this.#indexes.get(directoryOf(path))?.packages.get(path.segments.at(-1) ?? '');
    return size !== undefined && record?.size === size ? record : undefined;
  }
}

function directoryOf({ origin, segments }: UrlPath): string {
  return directoryUrl(origin, segments.slice(0, -1));
}
