import { createWriteStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { removeLeftovers } from './leftovers.ts';
import { listBlobs, markUsed, removeUnused, type BlobOnDisk } from './use.ts';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  Digester,
  errnoOf,
  hexOf,
  integrityError,
  staleError,
  sha256,
  shortDigest,
  usageError,
  type Digest,
} from '../core/index.ts';
import { ImageIndex, type TaggedDescriptor } from './image-index.ts';

export interface BlobDescriptor {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface ExpectedBlob {
  readonly digest?: Digest | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
}

export type BlobSource = Uint8Array | string | AsyncIterable<Uint8Array>;

/** Blobs that are read whole into memory (manifests, configurations, recordings) are never larger. */
const readBytesLimit = 256 * 1024 * 1024;

/** Large enough that what each piece costs beside its hash does not count. */
const chunkBytes = 1024 * 1024;

const layoutFile = '{"imageLayoutVersion":"1.0.0"}';

/**
 * The content-addressed store: an OCI image layout (image-spec, image-layout.md) that any OCI tool reads.
 *
 * A blob exists only under its own digest and only whole: it is written to a temporary name, hashed on the way,
 * synced, and renamed. Readers hash again. So several processes may share a store, and killing one anywhere
 * leaves at worst a temporary file.
 */
export class Store {
  readonly root: string;
  readonly #index: ImageIndex;

  private constructor(root: string) {
    this.root = root;
    this.#index = new ImageIndex(root);
  }

  /** Opens the layout at `root`, and makes an empty one where there is none. */
  static async open(root: string): Promise<Store> {
    try {
      await mkdir(join(root, 'blobs', 'sha256'), { recursive: true });
      await mkdir(join(root, 'tmp'), { recursive: true });
      await removeLeftovers(join(root, 'tmp'));
    } catch (error) {
      throw usageError(
        'STORE_UNUSABLE',
        `cannot use ${root} as a store (${errnoOf(error) ?? 'unknown error'})`,
        {
          next: 'Name a directory that you may write with --store or HOLDFAST_STORE.',
          cause: error,
        },
      );
    }
    const store = new Store(root);
    const layout = join(root, 'oci-layout');
    if ((await readFile(layout, 'utf8').catch(() => '')) === '') {
      await store.replaceFile(layout, layoutFile);
    }
    return store;
  }

  pathOf(digest: Digest): string {
    return join(this.root, 'blobs', 'sha256', hexOf(digest));
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== undefined;
  }

  /** Bytes, or nothing where the blob is absent. Who asks means to use it: see {@link removeUnused}. */
  async size(digest: Digest): Promise<number | undefined> {
    const path = this.pathOf(digest);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    return (await markUsed(path, found.mtimeMs)) ? found.size : undefined;
  }

  /** What is there, without a claim to use it. */
  list(): Promise<BlobOnDisk[]> {
    return listBlobs(join(this.root, 'blobs', 'sha256'));
  }

  /**
   * The blob's bytes. The stream fails with STORE_BLOB_CORRUPT (exit 4) before its last piece where they do not hash
   * to `digest`, and with STORE_BLOB_MISSING (exit 3) when there is no such blob.
   */
  read(digest: Digest): Readable {
    return Readable.from(this.#verifiedChunks(digest), { objectMode: false, highWaterMark: 2 * chunkBytes });
  }

  async *#verifiedChunks(digest: Digest): AsyncGenerator<Buffer> {
    const file = await open(this.pathOf(digest), 'r').catch((error: unknown) => {
      throw errnoOf(error) === 'ENOENT' ? missingBlob(digest) : error;
    });
    const digester = new Digester();
    // The last piece waits for the verdict: with it a receiver would have all that it was promised.
    let held: Buffer | undefined;
    try {
      for (;;) {
        const buffer = Buffer.allocUnsafeSlow(chunkBytes);
        const { bytesRead } = await file.read(buffer, 0, chunkBytes);
        if (bytesRead === 0) break;
        const chunk = buffer.subarray(0, bytesRead);
        digester.update(chunk);
        if (held !== undefined) yield held;
        held = chunk;
      }
    } finally {
      await file.close();
    }
    if (digester.digest() !== digest) throw corruptBlob(digest);
    if (held !== undefined) yield held;
  }

  /**
   * The blob's bytes, verified, for blobs that are small by nature. `limit` in bytes.
   * @throws HoldfastError STORE_BLOB_MISSING (exit 3), STORE_BLOB_CORRUPT, STORE_BLOB_TOO_LARGE (exit 4)
   */
  async readBytes(digest: Digest, limit = readBytesLimit): Promise<Buffer> {
    const size = await this.size(digest);
    if (size === undefined) throw missingBlob(digest);
    if (size > limit) {
      throw integrityError(
        'STORE_BLOB_TOO_LARGE',
        `blob ${shortDigest(digest)} has ${size} bytes, more than ${limit}`,
        {
          next: 'It is not what its name says; fetch it again with `holdfast lock`.',
        },
      );
    }
    const bytes = await readFile(this.pathOf(digest));
    if (sha256(bytes) !== digest) throw corruptBlob(digest);
    return bytes;
  }

  /**
   * Stores bytes under their digest; what is there already is not written twice.
   * @throws HoldfastError STORE_DIGEST_MISMATCH (exit 4) where they are not what was `expected`; nothing is kept.
   */
  async put(source: BlobSource, expected: ExpectedBlob = {}): Promise<BlobDescriptor> {
    const temporary = this.#temporaryPath();
    const digester = new Digester();
    try {
      await pipeline(
        hashed(source, digester, expected.size),
        createWriteStream(temporary, { flags: 'wx', mode: 0o644, flush: true, highWaterMark: 1024 * 1024 }),
      );
      const { size } = digester;
      const digest = digester.digest();
      if (expected.size !== undefined && expected.size !== size)
        throw mismatch(`${expected.size} bytes`, `${size}`);
      if (expected.digest !== undefined && expected.digest !== digest)
        throw mismatch(expected.digest, digest);
      await rename(temporary, this.pathOf(digest));
      return { digest, size };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /**
   * Takes a blob out that nobody used after `since` (milliseconds since the epoch), even while others use the store.
   * @returns whether it was
   */
  removeUnused(digest: Digest, since: number): Promise<boolean> {
    return removeUnused(this.pathOf(digest), this.#temporaryPath(), since);
  }

  /** The image that goes by `name` in this store, as `holdfast base` or an import left it. */
  async tagged(name: string): Promise<TaggedDescriptor | undefined> {
    return (await this.tags()).find(tag => tag.name === name)?.descriptor;
  }

  async tags(): Promise<{ name: string; descriptor: TaggedDescriptor }[]> {
    return this.#index.tags();
  }

  /**
   * Gives `name` to an image; an image that had the name before keeps its blobs and loses the name.
   * @param wholeName that which `name` is the tag of, in a layout for others; images of other whole names keep theirs
   */
  async tag(name: string, descriptor: TaggedDescriptor, wholeName?: string): Promise<void> {
    await this.#index.tag(name, descriptor, (path, text) => this.replaceFile(path, text), wholeName);
  }

  /** @param place a registry's name for the image that has this digest */
  async notePushed(digest: Digest, place: string): Promise<void> {
    await this.#index.notePushed(digest, place, (path, text) => this.replaceFile(path, text));
  }

  /** Writes a whole small file or nothing: readers see the old or the new one. */
  async replaceFile(path: string, text: string): Promise<void> {
    const temporary = this.#temporaryPath();
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }

  #temporaryPath(): string {
    return join(this.root, 'tmp', `${process.pid}-${randomBytes(8).toString('hex')}`);
  }
}

/** Passes the bytes on, and stops one chunk after `limit` bytes: a source may never end. */
async function* hashed(source: BlobSource, digester: Digester, limit = Infinity): AsyncGenerator<Uint8Array> {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    digester.update(chunk);
    if (digester.size > limit) return;
    yield chunk;
  }
}

export const missingBlob = (digest: Digest) =>
  staleError('STORE_BLOB_MISSING', `the store has no blob ${digest}`, {
    next: 'Run `holdfast lock` where upstream can be reached: it fetches what is missing, by digest.',
  });

export const corruptBlob = (digest: Digest) =>
  integrityError('STORE_BLOB_CORRUPT', `the bytes stored as ${digest} hash to something else`, {
    next: 'Delete that file from the store and run `holdfast lock` to fetch it again.',
  });

const mismatch = (wanted: string, got: string) =>
  integrityError('STORE_DIGEST_MISMATCH', `expected ${wanted}, received ${got}`, {
    next: 'The source changed or was altered on the way; nothing was stored. Restore the blob from another store that has it.',
  });
