/** Reads an asynchronous stream of chunks in pieces of a wanted size, copying only where a piece spans chunks. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #current: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Between one and `limit` bytes, as they come; undefined at the end of the stream. */
  async some(limit: number): Promise<Buffer | undefined> {
    while (this.#current.length === 0) {
      if (this.#ended) return undefined;
      const next = await this.#chunks.next();
      if (next.done === true) this.#ended = true;
      else this.#current = asBuffer(next.value);
    }
    const piece = this.#current.subarray(0, limit);
    this.#current = this.#current.subarray(piece.length);
    return piece;
  }

  /** `count` bytes, or fewer where the stream ends before. */
  async upTo(count: number): Promise<Buffer> {
    const first = await this.some(count);
    if (first === undefined || first.length === count) return first ?? Buffer.alloc(0);
    const pieces = [first];
    let missing = count - first.length;
    while (missing > 0) {
      const piece = await this.some(missing);
      if (piece === undefined) break;
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Tells the stream that nothing more will be read. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#chunks.return?.();
    this.#ended = true;
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
