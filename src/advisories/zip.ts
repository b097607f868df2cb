import { inflateRawSync } from 'node:zlib';
import { upstreamError } from '../core/index.ts';

/** More than the largest ecosystem has, and more than any record is. */
const mostEntries = 1_000_000;
const largestEntry = 64 * 1024 * 1024;

const endOfDirectory = 0x06_05_4b_50;
const directoryEntry = 0x02_01_4b_50;
const localEntry = 0x04_03_4b_50;

export interface ZipEntry {
  readonly name: string;
  /** @throws HoldfastError ADVISORY_FEED_INVALID (exit 5) where it is damaged, or unpacks to more than it says */
  readonly read: () => Buffer;
}

/**
 * The files of a ZIP archive (APPNOTE 4.3), by its directory. Neither ZIP64 nor encryption: feeds have none.
 * @throws HoldfastError ADVISORY_FEED_INVALID (exit 5)
 */
export function* zipEntries(archive: Buffer, name: string): Generator<ZipEntry> {
  const fail = (reason: string) =>
    upstreamError('ADVISORY_FEED_INVALID', `${name} is no ZIP archive that can be read: ${reason}`, {
      next: 'Fetch it anew; osv.dev has an all.zip for each ecosystem.',
    });
  const end = archive.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0 || end + 22 > archive.length || archive.readUInt32LE(end) !== endOfDirectory)
    throw fail('it has no directory');
  let count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  // With more than 65,535 files the number is kept elsewhere, and the directory ends where it ends.
  if (count === 0xff_ff) count = mostEntries;
  if (at === 0xff_ff_ff_ff) throw fail('it is larger than 4 GiB');
  for (let n = 0; n < count && at + 46 <= end && archive.readUInt32LE(at) === directoryEntry; n++) {
    const [method, packed, size] = [10, 20, 24].map((offset, k) =>
      k === 0 ? archive.readUInt16LE(at + offset) : archive.readUInt32LE(at + offset),
    ) as [number, number, number];
    const nameLength = archive.readUInt16LE(at + 28);
    const rest = archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    const start = archive.readUInt32LE(at + 42);
    const path = archive.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + rest;
    yield { name: path, read: () => contentOf(archive, { start, method, packed, size }, fail) };
  }
}

interface Place {
  readonly start: number;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
}

function contentOf(
  archive: Buffer,
  { start, method, packed, size }: Place,
  fail: (reason: string) => Error,
): Buffer {
  if (start + 30 > archive.length || archive.readUInt32LE(start) !== localEntry)
    throw fail('a file is not where the directory says');
  const data = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
  const bytes = archive.subarray(data, data + packed);
  if (size > largestEntry || bytes.length !== packed) throw fail('a file is too large, or cut off');
  if (method === 0) return bytes;
  if (method !== 8) throw fail(`a file is compressed by method ${method}`);
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw fail(error instanceof Error ? error.message : 'a file does not decompress');
  }
}
