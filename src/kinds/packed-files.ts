import { gunzipSync } from 'node:zlib';
import { zipEntries } from '../core/index.ts';
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

/** Those files of a zip archive that are asked for, as wheels are. What is damaged is left out. */
export function zipFiles(bytes: Buffer, wanted: (path: string) => boolean): PackedFiles {
  const found = new Map<string, Buffer>();
  try {
    for (const { name, read } of zipEntries(bytes, largestFile)) {
      const content = wanted(name) ? unlessDamaged(read) : undefined;
      if (content !== undefined) found.set(name, content);
    }
  } catch {
    // No zip archive: nothing is to be had of it.
  }
  return found;
}

function unlessDamaged(read: () => Buffer): Buffer | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
