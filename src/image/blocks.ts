/** A piece of a stream, with what it may refer to. */
export interface Block {
  readonly bytes: Uint8Array;
  /** The end of what came before. */
  readonly before: Uint8Array;
  readonly last: boolean;
}

/**
 * The same bytes in blocks of exactly `size` bytes but for the last, which may be shorter, and is empty only for an
 * empty stream. Each knows up to `window` bytes before it; `window` is at most `size`.
 */
export async function* blocksOf(
  source: AsyncIterable<Uint8Array>,
  size: number,
  window: number,
): AsyncGenerator<Block, void, undefined> {
  let before = Buffer.alloc(0);
  let bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; ) {
      // Whether a full block is the last is known when something comes after it.
      if (filled === size) {
        yield { bytes, before, last: false };
        before = bytes.subarray(size - window);
        bytes = Buffer.allocUnsafe(size);
        filled = 0;
      }
      const taken = chunk.subarray(at, at + size - filled);
      bytes.set(taken, filled);
      filled += taken.byteLength;
      at += taken.byteLength;
    }
  }
  yield { bytes: bytes.subarray(0, filled), before, last: true };
}
