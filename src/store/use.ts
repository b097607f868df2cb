import { link, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, isDigest, type Digest } from '../core/index.ts';

/** A blob as it lies there: its bytes are not read. */
export interface BlobOnDisk {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** When it was written or last asked for, milliseconds since the epoch, to within {@link markEvery}. */
  readonly usedAt: number;
}

/** How old the mark of a use may be, as with `relatime`: a build asks for the same blobs again and again. */
const markEvery = 60 * 60 * 1000;

/**
 * A blob's time of change is that of its last use, so that what a build has found in the store, whether a lock names
 * it or not, is not taken from under it. Nothing is marked in a store that may only be read.
 * @returns false where the blob has gone meanwhile
 */
export async function markUsed(path: string, markedAt: number): Promise<boolean> {
  const now = Date.now();
  if (now - markedAt < markEvery) return true;
  try {
    await utimes(path, new Date(now), new Date(now));
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ENOENT';
  }
}

/**
 * Takes a blob out unless it was used after `since`. It is first put `aside`: a use that was marked before that is
 * seen then, and one that comes later does not find the blob.
 */
export async function removeUnused(path: string, aside: string, since: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.mtimeMs > since) return false;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  const unused = (await stat(aside)).mtimeMs <= since;
  if (!unused) {
    await link(aside, path).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error; // Written anew, which is as good.
    });
  }
  await unlink(aside);
  return unused;
}

/** At once: a store may hold a hundred thousand blobs. */
const width = 64;

export async function listBlobs(directory: string): Promise<BlobOnDisk[]> {
  const names = (await readdir(directory)).map(name => `sha256:${name}`).filter(isDigest);
  const found: BlobOnDisk[] = [];
  for (let start = 0; start < names.length; start += width) {
    const part = names.slice(start, start + width).map(async digest => {
      const file = await stat(join(directory, digest.slice('sha256:'.length))).catch(() => undefined);
      if (file?.isFile()) found.push({ digest, size: file.size, usedAt: file.mtimeMs });
    });
    await Promise.all(part);
  }
  return found.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}
