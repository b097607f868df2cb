import { pipeline, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { errnoOf, HoldfastError, integrityError, messageOf } from '../core/index.ts';
import { ByteSource } from './tar/byte-source.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** 64 GiB: far above any layer that is of use, far below what a decompression bomb reaches. */
export const largestLayer = 64 * 2 ** 30;

/** What the first bytes of a stream say: RFC 1952, RFC 8878 (frames, and the skippable frames that may precede). */
export function compressionOf(start: Uint8Array): Compression {
  const [a, b, c, d] = start;
  if (a === 0x1f && b === 0x8b) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  if (a !== undefined && (a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd';
  return 'none';
}

/**
 * The plain bytes of a stream that is gzip, zstd or not compressed, told by its first bytes. Decompression runs off
 * the main thread.
 * @throws HoldfastError (exit 4) LAYER_TOO_LARGE past `limit` bytes of output, LAYER_CORRUPT for a stream that does
 *   not decompress; errors of `source` pass as they are.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  limit: number = largestLayer,
): AsyncGenerator<Buffer, void, undefined> {
  const bytes = new ByteSource(source);
  try {
    const start = Buffer.from(await bytes.upTo(4));
    const whole = chunksOf(start, bytes);
    let size = 0;
    for await (const chunk of plain(whole, compressionOf(start))) {
      size += chunk.length;
      if (size > limit) {
        throw integrityError('LAYER_TOO_LARGE', `A layer holds more than ${limit} bytes when decompressed`, {
          next: 'It looks like a decompression bomb: use another image, or raise the limit if you trust it.',
        });
      }
      yield chunk;
    }
  } finally {
    await bytes.close();
  }
}

async function* chunksOf(start: Buffer, rest: ByteSource): AsyncGenerator<Buffer, void, undefined> {
  if (start.length > 0) yield start;
  for (;;) {
    const chunk = await rest.some(Number.MAX_SAFE_INTEGER);
    if (chunk === undefined) return;
    yield chunk;
  }
}

const chunkSize = 256 * 1024;

function plain(source: AsyncIterable<Buffer>, compression: Compression): AsyncIterable<Buffer> {
  switch (compression) {
    case 'none':
      return source;
    case 'gzip':
      return through(source, createGunzip({ chunkSize }));
    case 'zstd':
      return through(source, createZstdDecompress({ chunkSize }));
  }
}

async function* through(
  source: AsyncIterable<Buffer>,
  decompressor: Transform,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* pipeline(source, decompressor, () => {});
  } catch (error) {
    if (error instanceof HoldfastError || !/^(Z_|ERR_ZSTD|ZSTD_|ERR_ZLIB)/.test(errnoOf(error) ?? ''))
      throw error;
    throw integrityError('LAYER_CORRUPT', `A layer does not decompress: ${messageOf(error)}`, {
      next: 'Get the layer again: its bytes are damaged.',
      cause: error,
    });
  }
}
