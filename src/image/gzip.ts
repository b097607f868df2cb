import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream';
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib';
import { Deflate } from 'pako';
import { coalesce } from './coalesce.ts';
import { knownAnswers } from './known-answers.ts';

/** Names the recipe in provenance: whoever has it can make the same bytes again. */
export const gzipRecipe = 'gzip-node18';

/** A raw deflate stream (RFC 1951) of a stream, at the recipe's settings. */
export type Deflater = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** The strategy is the default one. */
const settings = { level: 6, memLevel: 8 } as const;
const outputChunk = 256 * 1024;

/** RFC 1952: deflate, no flags, no time, no extra flags, operating system unknown. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/**
 * Compresses by the recipe: equal input gives equal bytes on every machine and runtime, however the input is cut
 * into chunks. Streams in constant memory.
 */
export async function* gzip(
  source: AsyncIterable<Uint8Array>,
  deflate: Deflater = trustedDeflater(),
): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0;
  let size = 0;
  async function* measured() {
    for await (const chunk of coalesce(source)) {
      crc = crc32(chunk, crc);
      size += chunk.byteLength;
      yield chunk;
    }
  }
  yield header;
  yield* deflate(measured());
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

let trusted: Deflater | undefined;

/** node:zlib where it gives the known answers (official builds do), else pako: slower, the same bytes. */
function trustedDeflater(): Deflater {
  trusted ??= givesKnownAnswers(input => deflateRawSync(input, settings)) ? zlibDeflater : pakoDeflater;
  return trusted;
}

/** Some runtimes link another zlib (distributions, zlib-ng); its output is valid but has other bytes. */
export function givesKnownAnswers(deflateRaw: (input: Buffer) => Uint8Array): boolean {
  return knownAnswers().every(
    ({ input, deflated }) => createHash('sha256').update(deflateRaw(input)).digest('hex') === deflated,
  );
}

/** Compresses in zlib's thread pool, off the main thread. */
export function zlibDeflater(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const deflater = createDeflateRaw({ ...settings, chunkSize: outputChunk });
  // A failure of the source destroys the deflater with that error, which the reader of the deflater then meets.
  return pipeline(source, deflater, () => {});
}

export async function* pakoDeflater(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const deflater = new Deflate({ ...settings, raw: true, chunkSize: outputChunk });
  let ready: Uint8Array[] = [];
  deflater.onData = chunk => ready.push(chunk);
  const push = (chunk: Uint8Array, last: boolean) => {
    if (!deflater.push(chunk, last)) throw new Error(`deflate failed: ${deflater.msg}`);
    const output = ready;
    ready = [];
    return output;
  };
  for await (const chunk of source) yield* push(chunk, false);
  yield* push(new Uint8Array(), true);
}
