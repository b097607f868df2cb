import { HoldfastError, staleError, type Digest } from '../core/index.ts';
import type { Lock } from '../lock/index.ts';
import { inParallel } from '../registry/index.ts';
import type { BlobDescriptor, Store } from '../store/index.ts';
import { artifactOf, artifactTag, emptyConfig } from './artifact.ts';
import { needsOf, readingFrom, type NeededBlob } from './needs.ts';
import type { BlobPlace } from './place.ts';

/** Blobs are small and many more often than large and few, and each costs a few round trips. */
export const blobsAtOnce = 12;

export interface PushedLock {
  /** What names the artifact. */
  readonly tags: readonly string[];
  readonly artifact: Digest;
  /** Blobs of the lock, and their bytes. */
  readonly blobs: number;
  readonly bytes: number;
  /** Those of them that travelled. */
  readonly sent: number;
  readonly sentBytes: number;
}

export interface PushLockOptions {
  /** The artifact's name; else one that stands for the lock, and `latest`. */
  readonly tag?: string | undefined;
  /** Told after each blob how many are done. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/**
 * Leaves all blobs that a lock needs at a place, as one artifact: what is there does not travel again, and a blob
 * whose bytes are not its digest's does not travel at all.
 * @throws HoldfastError SHARE_INCOMPLETE (exit 3) where neither the store nor the place has a blob, STORE_BLOB_CORRUPT
 *   (exit 4), and what the place throws
 */
export async function pushLock(
  lock: Lock,
  store: Store,
  place: BlobPlace,
  { tag, onProgress }: PushLockOptions = {},
): Promise<PushedLock> {
  const recordings = lock.builds.map(({ recording }) => recording);
  const tags = tag === undefined ? [artifactTag(recordings), 'latest'] : [tag];
  const { blobs, unread } = await needsOf(lock.builds, readingFrom(store));
  if (unread.length > 0) throw incomplete(unread, place);
  const there = await place.named(tags);
  const done: BlobDescriptor[] = [];
  const missing: NeededBlob[] = [];
  let sent = 0;
  let sentBytes = 0;
  await inParallel([...blobs.values()], blobsAtOnce, async blob => {
    const { digest } = blob;
    const size = blob.size ?? (await store.size(digest));
    if (size === undefined) return void missing.push(blob);
    if (!there.has(digest)) {
      const outcome = await sendBlob({ ...blob, size }, store, place);
      if (outcome === 'missing') return void missing.push(blob);
      if (outcome === 'uploaded') {
        sent++;
        sentBytes += size;
      }
    }
    done.push({ digest, size });
    onProgress?.(done.length, blobs.size);
  });
  if (missing.length > 0) throw incomplete(missing, place);
  const artifact = artifactOf(done);
  await sendConfig(place, store);
  await place.publish(artifact, tags);
  const bytes = done.reduce((sum, { size }) => sum + size, 0);
  return { tags, artifact: artifact.top.descriptor.digest, blobs: done.length, bytes, sent, sentBytes };
}

async function sendBlob(blob: NeededBlob & BlobDescriptor, store: Store, place: BlobPlace) {
  const { digest, size, image } = blob;
  // A store that was filled on demand lacks what builds did not need; the place may be where it came from.
  if ((await store.size(digest)) === undefined) return (await place.has(blob)) ? 'present' : 'missing';
  try {
    return await place.send({ digest, size }, store, image);
  } catch (error) {
    throw error instanceof HoldfastError && error.code.startsWith('STORE_') ? damaged(error, blob) : error;
  }
}

async function sendConfig(place: BlobPlace, store: Store): Promise<void> {
  const { bytes, descriptor } = emptyConfig;
  await store.put(bytes);
  await place.send(descriptor, store);
}

function incomplete(missing: readonly NeededBlob[], { name }: BlobPlace): HoldfastError {
  const [first] = missing;
  return staleError(
    'SHARE_INCOMPLETE',
    `neither the store nor ${name} has ${missing.length} of the blobs that the lock needs, ${first?.what} (${first?.digest}) for one`,
    { next: 'Run `holdfast store verify --repair`: it fetches what is missing, by digest.' },
  );
}

function damaged({ exit, code, message }: HoldfastError, { what }: NeededBlob): HoldfastError {
  return new HoldfastError(exit, code, `${what}: ${message}; it was not sent`, {
    next: 'Run `holdfast store verify --repair`: it fetches the right bytes again.',
  });
}
