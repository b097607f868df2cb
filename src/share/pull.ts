import { staleError, type HoldfastError } from '../core/index.ts';
import type { Lock } from '../lock/index.ts';
import { inParallel } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import { needsOf, type NeededBlob, type ReadBlob } from './needs.ts';
import type { BlobPlace } from './place.ts';
import { blobsAtOnce } from './push.ts';

export interface PulledLock {
  /** Blobs of the lock, and their bytes. */
  readonly blobs: number;
  readonly bytes: number;
  /** Those of them that travelled. */
  readonly received: number;
  readonly receivedBytes: number;
}

/**
 * Brings all that a lock needs into the store, every byte verified; what the store has does not travel.
 * @throws HoldfastError SHARE_MISSING (exit 3) where the place lacks something, and what the place throws
 */
export async function pullLock(
  lock: Lock,
  store: Store,
  place: BlobPlace,
  onProgress?: (done: number, all: number) => void,
): Promise<PulledLock> {
  let received = 0;
  let receivedBytes = 0;
  const bring = async ({ digest, size }: NeededBlob): Promise<boolean> => {
    const held = await store.size(digest);
    if (held !== undefined && (size === undefined || held === size)) return true;
    if (!(await place.bring({ digest, size }, store))) return false;
    const bytes = size ?? (await store.size(digest)) ?? 0;
    received++;
    receivedBytes += bytes;
    return true;
  };
  const read: ReadBlob = async blob => ((await bring(blob)) ? store.readBytes(blob.digest) : undefined);
  const { blobs, unread } = await needsOf(lock.builds, read);
  if (unread.length > 0) throw missingThere(unread, place);
  const missing: NeededBlob[] = [];
  let done = 0;
  let bytes = 0;
  await inParallel([...blobs.values()], blobsAtOnce, async blob => {
    const found = await bring(blob);
    const size = blob.size ?? (await store.size(blob.digest)) ?? 0;
    if (found) bytes += size;
    else missing.push(blob);
    onProgress?.(++done, blobs.size);
  });
  if (missing.length > 0) throw missingThere(missing, place);
  return { blobs: blobs.size, bytes, received, receivedBytes };
}

function missingThere(missing: readonly NeededBlob[], { name }: BlobPlace): HoldfastError {
  const [first] = missing;
  return staleError(
    'SHARE_MISSING',
    `${name} lacks ${missing.length} of the blobs that the lock needs, ${first?.what} (${first?.digest}) for one`,
    { next: 'Run `holdfast store push` where this lock was written or last built.' },
  );
}
