import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { integrityError, shortDigest, type Digest } from '../core/index.ts';
import type { BlobDescriptor, Store } from '../store/index.ts';
import type { ByteRange } from './ranges.ts';

/** Reads recorded bodies so that no client can take a wrong one for a right one. */
export class Bodies {
  readonly #store: Store;
  /** What a blob's file looked like when it was found right: a client that fetches pieces does not hash all for each. */
  readonly #verified = new Map<Digest, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The whole body, hashed as it streams. The last piece is held back until the hash is known to be right, since with
   * it the client would have all that Content-Length promised.
   * @throws what Store.read throws; GATEWAY_BLOB_SIZE (exit 4)
   */
  async *whole(body: BlobDescriptor): AsyncGenerator<Uint8Array> {
    await this.#checkSize(body);
    let held: Uint8Array | undefined;
    for await (const chunk of this.#store.read(body.digest) as AsyncIterable<Buffer>) {
      if (held !== undefined) yield held;
      held = chunk;
    }
    if (held !== undefined) yield held;
  }

  /** A piece of the body; all of it is hashed before the first byte is given out. */
  async *range(body: BlobDescriptor, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    if (start >= end) return;
    await this.#verify(body);
    const options = { start, end: end - 1, highWaterMark: 256 * 1024 };
    yield* createReadStream(this.#store.pathOf(body.digest), options) as AsyncIterable<Buffer>;
  }

  async #verify(body: BlobDescriptor): Promise<void> {
    const before = await this.#fingerprint(body.digest);
    if (before !== undefined && this.#verified.get(body.digest) === before) return;
    await this.#checkSize(body);
    for await (const _chunk of this.#store.read(body.digest));
    if (before !== undefined) this.#verified.set(body.digest, before);
  }

  async #fingerprint(digest: Digest): Promise<string | undefined> {
    const found = await stat(this.#store.pathOf(digest), { bigint: true }).catch(() => undefined);
    return found && [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
  }

  /** A recording whose size is wrong would have the client wait for bytes that never come, or miss some. */
  async #checkSize({ digest, size }: BlobDescriptor): Promise<void> {
    const found = await this.#store.size(digest);
    if (found === undefined || found === size) return;
    throw integrityError('GATEWAY_BLOB_SIZE', `blob ${shortDigest(digest)} has ${found} bytes, not ${size}`, {
      next: 'Delete that file from the store and run `holdfast lock` to fetch it again.',
    });
  }
}
