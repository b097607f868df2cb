import { integrityError } from '../../core/index.ts';
import { ContentDigester, type Content } from './content.ts';

/** The bytes of a blob from an offset on, not verified. May end early, or never. */
export type ReadBytes = (from: number) => AsyncIterable<Uint8Array>;

/**
 * A blob on its way from a source that is not trusted. Its last bytes are handed out only when all that came before
 * and they hash to the digest: what is written from a lie stays incomplete, and a request with a length never ends.
 */
export class BlobReader {
  readonly blob: Content;
  readonly #from: string;
  readonly #bytes: ReadBytes;
  readonly #digester: ContentDigester;
  #verified = false;

  /** `from` names the source in errors. */
  constructor(blob: Content, from: string, bytes: ReadBytes) {
    this.blob = blob;
    this.#from = from;
    this.#bytes = bytes;
    this.#digester = new ContentDigester(blob.digest);
  }

  /** Takes in bytes of an earlier attempt, from the first on: they are hashed and need not come again. */
  resume(chunk: Uint8Array): void {
    this.#digester.update(chunk);
  }

  /**
   * The bytes from `offset` on, which must not lie beyond what has been read before. May be called again after a
   * reader gave up; what was hashed is not hashed twice.
   * @throws HoldfastError REGISTRY_DIGEST_MISMATCH (exit 4)
   */
  async *read(offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { size } = this.blob;
    let position = offset;
    let last: Uint8Array | undefined;
    if (position < size) {
      for await (const chunk of this.#bytes(offset)) {
        if (chunk.byteLength === 0) continue;
        this.#take(chunk, position);
        position += chunk.byteLength;
        if (position > size) throw this.#mismatch(`${size} bytes`, 'more');
        if (position < size) yield chunk;
        else last = chunk;
      }
      if (position < size) throw this.#mismatch(`${size} bytes`, `${position}`);
    }
    this.#verify();
    if (last !== undefined) yield last;
  }

  #take(chunk: Uint8Array, position: number): void {
    const known = this.#digester.size - position;
    if (known < chunk.byteLength) this.#digester.update(known > 0 ? chunk.subarray(known) : chunk);
  }

  #verify(): void {
    if (this.#verified) return;
    const digest = this.#digester.digest();
    if (digest !== this.blob.digest) throw this.#mismatch(this.blob.digest, digest);
    this.#verified = true;
  }

  #mismatch(wanted: string, got: string) {
    return integrityError(
      'REGISTRY_DIGEST_MISMATCH',
      `${this.#from}: blob ${this.blob.digest}: expected ${wanted}, received ${got}`,
      {
        next: 'The source, or something on the way to it, alters what it serves; nothing of it was kept. Use another source.',
      },
    );
  }
}
