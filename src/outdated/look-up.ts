import type { Digest } from '../core/index.ts';
import {
  kinds,
  latestFiles,
  latestImages,
  type AsOfContext,
  type KindName,
  type LatestContext,
  type LookUp,
  type Snapshots,
} from '../kinds/index.ts';
import { rangeKey, type AskedRanges } from './asked-ranges.ts';
import type { Inventory, InventoryItem } from './inventory.ts';

/** What look-ups share over all locks of a run. */
export interface LookUpEffects {
  readonly fetch: AsOfContext['fetch'];
  readonly once: LatestContext['once'];
  readonly now: Date;
}

export interface LockEffects {
  readonly snapshots: Snapshots | undefined;
  readonly trust: string | undefined;
  readonly ranges: AskedRanges;
  readonly resolveImage: (reference: string) => Promise<Digest | undefined>;
}

/** What upstream has of each item of a lock; nothing where no kind can tell. */
export async function lookUps(
  { items, indexes, archives }: Inventory,
  { fetch, once, now }: LookUpEffects,
  { ranges, snapshots, trust, resolveImage }: LockEffects,
): Promise<Map<InventoryItem, LookUp>> {
  const found = new Map<InventoryItem, LookUp>();
  const byKind = Map.groupBy(items, ({ kind }) => kind);
  await Promise.all(
    [...byKind].map(async ([kind, own]) => {
      const latest = latestOf(kind);
      const ofKind = archives.filter(archive => archive.kind === kind);
      // What came with a base image can be looked up where the build reads its archives, and not otherwise.
      const asked = own.filter(({ from }) => from !== 'base' || ofKind.length > 0);
      if (latest === undefined || asked.length === 0) return;
      const context = { fetch, once, now, snapshots, indexes, archives: ofKind, trust, resolveImage };
      const inputs = asked.map(({ input }) => ({ ...input, range: ranges.get(rangeKey(kind, input.name)) }));
      const answers = await latest(inputs, context);
      for (const [n, item] of asked.entries()) {
        const answer = answers[n];
        if (answer !== undefined) found.set(item, answer);
      }
    }),
  );
  return found;
}

function latestOf(kind: KindName): NonNullable<(typeof kinds)[number]['latest']> | undefined {
  if (kind === 'image') return latestImages;
  if (kind === 'file') return latestFiles;
  const known = kinds.find(({ name }) => name === kind);
  return known?.latest && ((inputs, context) => known.latest?.(inputs, context) ?? Promise.resolve([]));
}
