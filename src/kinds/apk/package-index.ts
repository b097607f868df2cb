import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readTar, type TarEntry } from '../../image/index.ts';
import { readAdbIndex } from './adb.ts';
import { packageRecords, type PackageRecord } from './records.ts';

/** Alpine's largest index is 20 MB of text; another size is an attack. */
const largestIndex = 256 * 1024 * 1024;

/** What an index says: when it was made, and what it lists. */
export interface PackageIndex {
  /** RFC 3339; nothing where the index does not say. */
  readonly date: string | undefined;
  /** By file name: `name-version.apk`. */
  readonly packages: ReadonlyMap<string, PackageRecord>;
}

/**
 * Reads apk 3's `Packages.adb`, which has no date, or `APKINDEX.tar.gz`: a signature and the index, each a tar archive
 * compressed by itself, one after the other. Nothing where the bytes are neither.
 */
export async function readPackageIndex(bytes: Buffer): Promise<PackageIndex | undefined> {
  if (bytes.toString('latin1', 0, 3) === 'ADB') {
    const records = readAdbIndex(bytes);
    return records && { date: undefined, packages: byFileName(records) };
  }
  const source = Readable.from([bytes]);
  const plain = source.pipe(createGunzip());
  try {
    for await (const entry of readTar(bounded(plain), { entries: 100 })) {
      if (entry.path.toString() === 'APKINDEX' && entry.type === 'file') return await readEntry(entry);
    }
    return undefined;
  } catch {
    // Damaged gzip, damaged tar, too large: whichever it is, this index tells nothing.
    return undefined;
  } finally {
    source.destroy();
    plain.destroy();
  }
}

async function readEntry({ body, mtime }: TarEntry): Promise<PackageIndex> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { date: dateOf(mtime), packages: byFileName(packageRecords(Buffer.concat(chunks).toString())) };
}

function byFileName(records: Iterable<PackageRecord>): Map<string, PackageRecord> {
  return new Map(Array.from(records, record => [`${record.name}-${record.version}.apk`, record]));
}

/** An index that was made reproducibly has no date. */
function dateOf(mtime: number): string | undefined {
  // The last second of year 9999: what comes later is not RFC 3339.
  if (mtime <= 0 || mtime > 253_402_300_799) return undefined;
  return new Date(mtime * 1000).toISOString().replace('.000Z', 'Z');
}

async function* bounded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > largestIndex) throw new RangeError('the index is far too large');
    yield chunk;
  }
}
