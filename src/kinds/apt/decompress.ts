/** The compressions of Debian archives and packages: gzip, xz, zstd, or none. */

import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { unxz } from '../../image/index.ts';

export type Compression = 'none' | 'gz' | 'xz' | 'zst';

/** The compression that a file name's ending says; undefined for one that nothing here reads (bz2, lzma, lz4). */
export function compressionOf(name: string): Compression | undefined {
  const ending = /\.(gz|xz|zst|bz2|lzma|lz4|lz)$/.exec(name)?.[1];
  switch (ending) {
    case undefined:
      return 'none';
    case 'gz':
    case 'xz':
    case 'zst':
      return ending;
    default:
      return undefined;
  }
}

/**
 * The bytes decompressed, as they come. Leaving the loop early releases everything.
 * @throws the decompressor's own error where the input is damaged or ends early; callers know what to call it.
 */
export async function* decompressed(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  switch (compression) {
    case 'none':
      yield* source;
      return;
    case 'gz':
      yield* piped(source, createGunzip());
      return;
    case 'zst':
      yield* piped(source, createZstdDecompress());
      return;
    case 'xz':
      yield* unxz(source);
      return;
  }
}

async function* piped(
  source: AsyncIterable<Uint8Array>,
  decompressor: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  input.on('error', error => decompressor.destroy(error));
  input.pipe(decompressor);
  try {
    for await (const chunk of decompressor) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    decompressor.destroy();
  }
}

/** The whole of a stream, refusing more than `limit` bytes. @throws RangeError past the limit */
export async function collected(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    size += chunk.byteLength;
    if (size > limit) throw new RangeError(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
