import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { Deflate } from 'pako';
import { blocksOf, type Block } from './blocks.ts';
import { knownAnswers } from './known-answers.ts';

/** Names the recipe in provenance: whoever has it can make the same bytes again. */
export const gzipRecipe = 'gzip-node18-blocks1M';

/** The raw deflate data (RFC 1951) of one block, at the recipe's settings. */
export type BlockDeflater = (block: Block) => Promise<Uint8Array>;

/** The strategy is the default one. */
const settings = { level: 6, memLevel: 8 } as const;
/** zlib's names and numbers, which pako has as well. */
const flushes = { Z_SYNC_FLUSH: 2, Z_FINISH: 4 } as const;
const flushOf = (last: boolean) => (last ? flushes.Z_FINISH : flushes.Z_SYNC_FLUSH);

/** Bytes of input that are compressed on their own, so that all processors help; as pigz does, with larger blocks. */
const blockSize = 1024 * 1024;
/** Bytes before a block that it may refer to: the whole window (RFC 1951, 2). */
const windowSize = 32 * 1024;

/** RFC 1952: deflate, no flags, no time, no extra flags, operating system unknown. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/**
 * Compresses by the recipe: equal input gives equal bytes on every machine and runtime, however the input is cut
 * into chunks and however many processors there are. Streams in constant memory.
 *
 * The input is cut into blocks of 1 MiB. Each is deflated knowing the window before it, and flushed to a byte
 * boundary, so that the results in their order are one deflate stream.
 */
export async function* gzip(
  source: AsyncIterable<Uint8Array>,
  deflate: BlockDeflater = trustedDeflater(),
): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0;
  let size = 0;
  const inFlight: Promise<Uint8Array>[] = [];
  yield header;
  for await (const block of blocksOf(source, blockSize, windowSize)) {
    crc = crc32(block.bytes, crc);
    size += block.bytes.byteLength;
    const deflated = deflate(block);
    deflated.catch(() => {}); // Met below, unless the reader has gone away.
    inFlight.push(deflated);
    const [oldest] = inFlight;
    if (inFlight.length <= parallel || oldest === undefined) continue;
    void inFlight.shift();
    yield await oldest;
  }
  for (const deflated of inFlight) yield await deflated;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

/** How many blocks are compressed at once; node's thread pool has four threads. */
const parallel = Math.min(4, availableParallelism());

let trusted: Promise<BlockDeflater> | undefined;

/** node:zlib where it gives the known answers (official builds do), else pako: slower, the same bytes. */
function trustedDeflater(): BlockDeflater {
  trusted ??= givesKnownAnswers(zlibDeflater).then(same => (same ? zlibDeflater : pakoDeflater));
  const chosen = trusted;
  return async block => (await chosen)(block);
}

/** Some runtimes link another zlib (distributions, zlib-ng); its output is valid but has other bytes. */
export async function givesKnownAnswers(deflate: BlockDeflater): Promise<boolean> {
  for (const { deflated, ...block } of knownAnswers()) {
    const digest = createHash('sha256')
      .update(await deflate(block))
      .digest('hex');
    if (digest !== deflated) return false;
  }
  return true;
}

const deflateRawAsync = promisify<
  Uint8Array,
  { level: number; memLevel: number; dictionary?: Uint8Array; finishFlush: number },
  Buffer
>(deflateRaw);

/** Compresses in the thread pool, off the main thread. */
export function zlibDeflater({ bytes, before, last }: Block): Promise<Uint8Array> {
  return deflateRawAsync(bytes, {
    ...settings,
    ...(before.byteLength > 0 && { dictionary: before }),
    finishFlush: flushOf(last),
  });
}

export function pakoDeflater({ bytes, before, last }: Block): Promise<Uint8Array> {
  const deflater = new Deflate({
    ...settings,
    raw: true,
    ...(before.byteLength > 0 && { dictionary: before }),
  });
  const pieces: Uint8Array[] = [];
  deflater.onData = piece => pieces.push(piece);
  if (!deflater.push(bytes, flushOf(last)))
    return Promise.reject(new Error(`deflate failed: ${deflater.msg}`));
  return Promise.resolve(Buffer.concat(pieces));
}
