import type { Digest } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { sizesOf } from './collect-garbage.ts';
import { rootsOf, type Root } from './roots.ts';

/** What a lock, or a name, takes of the store. */
export interface RootUsage extends Pick<Root, 'name' | 'kind' | 'reason'> {
  readonly blobs: number;
  readonly bytes: number;
  /** Bytes of blobs that nothing else keeps: what would be freed without it. */
  readonly ownBytes: number;
  /** Blobs that the store lacks although a build needs them. */
  readonly missing: number;
}

export interface StoreUsage {
  readonly roots: readonly RootUsage[];
  readonly total: { readonly blobs: number; readonly bytes: number };
  /** What nothing names: `gc` takes it once it is old enough. */
  readonly unnamed: { readonly blobs: number; readonly bytes: number };
}

/** Sizes by lock and by name. @param since as {@link rootsOf} takes it */
export async function storeUsage(store: Store, since: number): Promise<StoreUsage> {
  const blobs = await store.list();
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  const { roots } = await rootsOf(store, { since });
  const keepers = new Map<Digest, number>();
  for (const root of roots)
    for (const digest of root.blobs.keys()) keepers.set(digest, (keepers.get(digest) ?? 0) + 1);
  return {
    roots: roots.map(({ name, kind, reason, blobs: named }) => {
      const held = [...named.keys()].flatMap(digest => {
        const size = sizes.get(digest);
        return size === undefined ? [] : [{ digest, size }];
      });
      const own = held.filter(({ digest }) => keepers.get(digest) === 1);
      const missing = [...named.values()].filter(blob => !blob.optional && !sizes.has(blob.digest)).length;
      return { name, kind, reason, ...sizesOf(held), ownBytes: sizesOf(own).bytes, missing };
    }),
    total: sizesOf(blobs),
    unnamed: sizesOf(blobs.filter(({ digest }) => !keepers.has(digest))),
  };
}
