import { inflateRawSync } from 'node:zlib';

/** More than any archive has that is read here. */
const mostEntries = 1_000_000;

const endOfDirectory = 0x06_05_4b_50;
const directoryEntry = 0x02_01_4b_50;
const localEntry = 0x04_03_4b_50;

export interface ZipEntry {
  readonly name: string;
  /** @throws RangeError where it is damaged, too large, or unpacks to more than it says */
  readonly read: () => Buffer;
}

/**
 * The files of a ZIP archive (APPNOTE 4.3), by its directory: stored or deflated, neither ZIP64 nor encrypted.
 * @param largest bytes that a file may have unpacked.
 * @throws RangeError where it is none
 */
export function* zipEntries(archive: Buffer, largest: number): Generator<ZipEntry> {
  const end = archive.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0 || end + 22 > archive.length || archive.readUInt32LE(end) !== endOfDirectory)
    throw new RangeError('it has no directory');
  let count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  // With more than 65,535 files the number is kept elsewhere, and the directory ends where it ends.
  if (count === 0xff_ff) count = mostEntries;
  if (at === 0xff_ff_ff_ff) throw new RangeError('it is larger than 4 GiB');
  for (let n = 0; n < count && at + 46 <= end && archive.readUInt32LE(at) === directoryEntry; n++) {
    const [method, packed, size] = [10, 20, 24].map((offset, k) =>
      k === 0 ? archive.readUInt16LE(at + offset) : archive.readUInt32LE(at + offset),
    ) as [number, number, number];
    const nameLength = archive.readUInt16LE(at + 28);
    const rest = archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    const start = archive.readUInt32LE(at + 42);
    const path = archive.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + rest;
    yield { name: path, read: () => contentOf(archive, { start, method, packed, size }, largest) };
  }
}

interface Place {
  readonly start: number;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
}

function contentOf(archive: Buffer, { start, method, packed, size }: Place, largest: number): Buffer {
  if (start + 30 > archive.length || archive.readUInt32LE(start) !== localEntry)
    throw new RangeError('a file is not where the directory says');
  const data = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
  const bytes = archive.subarray(data, data + packed);
  if (size > largest || bytes.length !== packed) throw new RangeError('a file is too large, or cut off');
  if (method === 0) return bytes;
  if (method !== 8) throw new RangeError(`a file is compressed by method ${method}`);
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) });
  } catch (cause) {
    throw new RangeError('a file does not decompress', { cause });
  }
}
