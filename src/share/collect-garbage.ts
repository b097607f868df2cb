import type { Digest } from '../core/index.ts';
import type { BlobOnDisk, Store } from '../store/index.ts';
import { forgetLock } from './known-locks.ts';
import { needsOf, readingFrom } from './needs.ts';
import { rootsOf, type Root, type RootOptions } from './roots.ts';

/** A blob that nothing names any more. */
export interface UnnamedBlob extends BlobOnDisk {
  /** What it was, where a lock that is no longer kept tells. */
  readonly what?: string | undefined;
}

export interface Garbage {
  /** Locks and images that keep blobs. */
  readonly roots: readonly Root[];
  readonly kept: { readonly blobs: number; readonly bytes: number };
  /** What went, or would go. */
  readonly removed: readonly UnnamedBlob[];
  /** What nothing names and was used of late. */
  readonly young: { readonly blobs: number; readonly bytes: number };
}

export interface GarbageOptions extends RootOptions {
  /** Only tell. */
  readonly dryRun: boolean;
}

/**
 * Takes out of the store what no lock and no name keeps and nobody used since `options.since`. Builds may run
 * meanwhile: what they ask for is used from then on, and what they write is new. Killed, it has removed less.
 */
export async function collectGarbage(store: Store, options: GarbageOptions): Promise<Garbage> {
  // Listed first: what comes after is younger, and a lock that is used from now on names what is used.
  const blobs = await store.list();
  const { roots, forgotten } = await rootsOf(store, options);
  const named = new Set(roots.flatMap(root => [...root.blobs.keys()]));
  const kept = blobs.filter(({ digest }) => named.has(digest));
  const unnamed = blobs.filter(({ digest }) => !named.has(digest));
  const old = unnamed.filter(({ usedAt }) => usedAt <= options.since);
  const meanings = await needsOf(
    forgotten.flatMap(({ builds }) => builds),
    readingFrom(store),
    { images: true },
  );
  const removed: UnnamedBlob[] = [];
  for (const blob of old) {
    if (!options.dryRun && !(await store.removeUnused(blob.digest, options.since))) continue;
    const what = meanings.blobs.get(blob.digest)?.what;
    removed.push({ ...blob, ...(what !== undefined && { what }) });
  }
  if (!options.dryRun) for (const lock of forgotten) await forgetLock(store, lock, options.since);
  const gone = new Set<Digest>(removed.map(({ digest }) => digest));
  return {
    roots,
    kept: sizesOf(kept),
    removed,
    young: sizesOf(unnamed.filter(({ digest }) => !gone.has(digest))),
  };
}

export function sizesOf(blobs: readonly { readonly size: number }[]): { blobs: number; bytes: number } {
  return { blobs: blobs.length, bytes: blobs.reduce((sum, { size }) => sum + size, 0) };
}
