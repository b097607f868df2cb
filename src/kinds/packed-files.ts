import { gunzipSync, inflateRawSync } from 'node:zlib';
import { readTar } from '../image/index.ts';

/** By its path, a file's content. */
export type PackedFiles = ReadonlyMap<string, Buffer>;

/** A package that unpacks to more, or a file of it that is larger, is not looked into. */
const largestUnpacked = 256 * 1024 * 1024;
const largestFile = 4 * 1024 * 1024;

/** Those files of a gzip-compressed tar that are asked for. @throws where it is damaged or unpacks to too much */
export async function tarballFiles(bytes: Buffer, wanted: (path: string) => boolean): Promise<PackedFiles> {
  return tarFiles(gunzipSync(bytes, { maxOutputLength: largestUnpacked }), wanted);
}

/** Those files of a plain tar that are asked for. @throws HoldfastError as readTar */
export async function tarFiles(tar: Buffer, wanted: (path: string) => boolean): Promise<PackedFiles> {
  const found = new Map<string, Buffer>();
  for await (const { type, path, size, body } of readTar(pieces(tar), { entries: 200_000 })) {
    const name = path.toString('utf8').replace(/^\.\//, '');
    if (type !== 'file' || size > largestFile || !wanted(name)) continue;
    found.set(name, await whole(body));
  }
  return found;
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20));
}

async function whole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;

/**
 * Those files of a zip archive that are asked for (APPNOTE 6.3): stored or deflated, without Zip64, as wheels are.
 * What is damaged is left out.
 */
export function zipFiles(bytes: Buffer, wanted: (path: string) => boolean): PackedFiles {
  const found = new Map<string, Buffer>();
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > bytes.length || bytes.readUInt32LE(end) !== endOfDirectory) return found;
  let left = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  for (; left > 0 && at + 46 <= bytes.length && bytes.readUInt32LE(at) === directoryEntry; left--) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const content = wanted(name) ? zippedContent(bytes, at) : undefined;
    if (content !== undefined) found.set(name, content);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return found;
}

/** @param entry where the directory's entry for it begins */
function zippedContent(bytes: Buffer, entry: number): Buffer | undefined {
  const method = bytes.readUInt16LE(entry + 10);
  const packed = bytes.readUInt32LE(entry + 20);
  const local = bytes.readUInt32LE(entry + 42);
  if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== localHeader) return undefined;
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const content = bytes.subarray(start, start + packed);
  if (content.length !== packed) return undefined;
  if (method === 0) return packed > largestFile ? undefined : content;
  if (method !== 8) return undefined;
  try {
    return inflateRawSync(content, { maxOutputLength: largestFile });
  } catch {
    return undefined;
  }
}
