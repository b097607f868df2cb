import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Digester, integrityError, shortDigest, type Digest } from '../core/index.ts';
import { corruptBlob, missingBlob, type BlobDescriptor, type Store } from '../store/index.ts';
import type { ByteRange } from './ranges.ts';

/** Takes a piece, and resolves when its memory is free again; with false when nothing more is wanted. */
export type PieceSink = (piece: Buffer) => Promise<boolean>;

/** As large as the kernel takes in a few writes: larger pieces do not go faster. */
const mostPieceBytes = 512 * 1024;
const leastPieceBytes = 64 * 1024;
/** Bytes that the pieces of all bodies on their way share, as long as each has the least. */
const sharedBytes = 16 * 1024 * 1024;

/** Reads recorded bodies so that no client can take a wrong one for a right one. */
export class Bodies {
  readonly #store: Store;
  /** What a blob's file looked like when it was found right: a client that fetches pieces does not hash all for each. */
  readonly #verified = new Map<Digest, string>();
  #onTheirWay = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Gives `sink` the whole body, hashed on the way unless this file was found right before. The last piece waits until
   * the hash is known to be right, since with it the client would have all that Content-Length promised. A piece's
   * memory is used again for a later one: new memory for each would cost more than the hash.
   * Returns the bytes that `sink` took.
   * @throws what Store.read throws; GATEWAY_BLOB_SIZE (exit 4)
   */
  async whole(body: BlobDescriptor, sink: PieceSink): Promise<number> {
    await this.#checkSize(body);
    const { digest, size } = body;
    const before = await this.#fingerprint(digest);
    if (before === undefined) throw missingBlob(digest);
    const digester = this.#verified.get(digest) === before ? undefined : new Digester();
    const file = await open(this.#store.pathOf(digest));
    this.#onTheirWay++;
    try {
      const pieceBytes = this.#pieceBytes();
      const memory = [0, 1].map(() => Buffer.allocUnsafe(Math.min(size, pieceBytes)));
      const pieceAt = (start: number) => {
        const buffer = memory[(start / pieceBytes) % 2] as Buffer;
        return readFully(file, start, buffer.subarray(0, Math.min(pieceBytes, size - start)));
      };
      let next = pieceAt(0);
      for (let start = 0; start < size; start += pieceBytes) {
        const piece = await next;
        const isLast = start + piece.length >= size;
        if (!isLast) {
          next = pieceAt(start + pieceBytes);
          next.catch(() => {}); // Met above, unless the client goes first.
        }
        // The kernel hands a piece on while it is hashed.
        const taken = isLast ? undefined : sink(piece);
        digester?.update(piece);
        if (isLast && digester !== undefined && digester.digest() !== digest) throw corruptBlob(digest);
        if (!(await (taken ?? sink(piece)))) return start;
      }
      // An empty body is not hashed.
      if (size > 0) this.#verified.set(digest, before);
      return size;
    } finally {
      this.#onTheirWay--;
      await file.close();
    }
  }

  /** Hundreds may wait at once for slow clients: each then has less. */
  #pieceBytes(): number {
    const share = sharedBytes / (2 * this.#onTheirWay);
    return Math.max(leastPieceBytes, Math.min(mostPieceBytes, Math.floor(share)));
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

/** Fills `into`, from `start` on; what the file does not have stays as it is, and the hash finds it. */
async function readFully(file: FileHandle, start: number, into: Buffer): Promise<Buffer> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return into;
}
