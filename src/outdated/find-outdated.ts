import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFeeds, type FeedEffects, type FeedPlaces, type LoadedFeeds } from '../advisories/index.ts';
import type { Hold } from '../build/index.ts';
import type { Digest } from '../core/index.ts';
import { npmRegistryOf, type LookUp, type Snapshots } from '../kinds/index.ts';
import type { Lock, Recording } from '../lock/index.ts';
import type { Store } from '../store/index.ts';
import { activeHolds, holdableIn, isHeldBy, unknownHolds } from '../update/index.ts';
import type { AskedRanges } from './asked-ranges.ts';
import type { FirstSeenLedger } from './first-seen.ts';
import { writeTrust } from './image-files.ts';
import { inventoryOf, type Inventory, type InventoryItem } from './inventory.ts';
import { advisoriesOf, movesTo } from './judge-item.ts';
import { movedImages, type ImageEffects } from './moved-images.ts';
import { lookUps, type LookUpEffects } from './look-up.ts';
import type { LockReport, OutdatedItem, OutdatedReport } from './report.ts';

/** A lock that is asked about. */
export interface AskedLock {
  /** As the user named it. */
  readonly file: string;
  readonly lock: Lock;
  /** Whether only some of the lock's builds are asked about. */
  readonly isPart: boolean;
  readonly recordings: readonly Recording[];
  readonly holds: readonly Hold[];
  readonly feeds: FeedPlaces;
  readonly snapshots: Snapshots | undefined;
  readonly ranges: AskedRanges;
  /** What a reference stands for now; nothing where it stands for nothing. @throws HoldfastError (exit 5) */
  readonly resolveImage: (reference: string) => Promise<Digest | undefined>;
  readonly bringImage: ImageEffects['bringImage'];
  /** For each build of the lock, the kinds of which its steps upgrade everything, what came with the base image too. */
  readonly upgraded: readonly ReadonlySet<string>[];
}

export interface OutdatedEffects extends LookUpEffects {
  readonly store: Store;
  /** A directory for what may be thrown away. */
  readonly cache: string;
  readonly feeds: FeedEffects;
  readonly ledger: FirstSeenLedger;
  readonly onNote: (text: string) => void;
}

const day = 24 * 60 * 60 * 1000;

/** Looks up all inputs of some locks, and holds them against the advisories; each index and feed is read once. */
export async function findOutdated(
  asked: readonly AskedLock[],
  effects: OutdatedEffects,
): Promise<OutdatedReport> {
  const opened: Opened[] = [];
  for (const one of asked)
    opened.push({
      asked: one,
      inventory: await inventoryOf(one.lock, one.recordings, effects.store, effects.cache),
    });
  const judges = loadAll(opened, effects.feeds);
  const work = await mkdtemp(join(tmpdir(), 'holdfast-outdated-'));
  try {
    const locks = await Promise.all(
      opened.map(async (one, n) => {
        const trust = join(work, String(n));
        await writeTrust(one.inventory.files, trust);
        const found = await lookUps(one.inventory, effects, {
          ...one.asked,
          trust: one.inventory.files.size === 0 ? undefined : trust,
        });
        return reportOf(one, found, await judges.of(one), effects);
      }),
    );
    const loaded = await judges.all();
    return {
      now: effects.now.toISOString().replace(/\.\d+Z$/, 'Z'),
      locks,
      feeds: [...new Set(loaded.flatMap(({ feeds }) => feeds.map(({ name }) => name)))],
      failures: loaded.flatMap(({ failures }) => failures),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Opened {
  readonly asked: AskedLock;
  readonly inventory: Inventory;
}

/** Locks whose configurations name the same feeds share them. */
function loadAll(opened: readonly Opened[], effects: FeedEffects) {
  const keyOf = ({ asked }: Opened) => JSON.stringify(asked.feeds);
  const loading = new Map<string, Promise<LoadedFeeds>>();
  for (const [key, group] of Map.groupBy(opened, keyOf)) {
    const items = group.flatMap(({ inventory }) => inventory.items);
    const subjects = items.flatMap(({ subject }) => subject ?? []);
    const registries = new Set(
      items.flatMap(({ kind, input }) => (kind === 'npm' ? (npmRegistryOf(input.url ?? '') ?? []) : [])),
    );
    loading.set(key, loadFeeds(group[0]?.asked.feeds ?? {}, subjects, [...registries], effects));
  }
  return {
    of: async (one: Opened): Promise<LoadedFeeds> =>
      (await loading.get(keyOf(one))) ?? { feeds: [], vex: [], failures: [] },
    all: () => Promise.all(loading.values()),
  };
}

async function reportOf(
  { asked, inventory }: Opened,
  found: ReadonlyMap<InventoryItem, LookUp>,
  judge: LoadedFeeds,
  effects: OutdatedEffects,
): Promise<LockReport> {
  if (!inventory.isComplete)
    effects.onNote(
      `${asked.file}: the store lacks its image; what came with a base image is held against no advisory`,
    );
  const now = effects.now.toISOString();
  const held = activeHolds(asked.holds, now);
  const { images, failed } = await movedImages(inventory.items, found, judge, { ...effects, ...asked });
  const items = inventory.items.map((item): OutdatedItem => {
    const { kind, from, input } = item;
    const lookUp = withAge(item, failed.get(item) ?? found.get(item), effects.ledger);
    return {
      kind,
      from,
      name: input.name,
      architecture: input.architecture,
      services: item.services,
      locked: input.version,
      lookUp,
      moves: movesTo(item, lookUp),
      age: ageOf(lookUp, effects.now),
      advisories: advisoriesOf(item, lookUp, { images, upgraded: asked.upgraded }, judge),
      hold: held.find(hold => isHeldBy(hold, { kind, name: input.name })),
    };
  });
  return {
    file: asked.file,
    asOf: asked.lock.asOf,
    items,
    activeHolds: held,
    expiredHolds: asked.holds.filter(hold => !held.includes(hold)),
    // What is held may be of a build that is not asked about.
    unknownHolds: asked.isPart ? [] : unknownHolds(held, [...items, ...holdableIn(asked.lock)]),
  };
}

/** What has no clock of upstream's gets ours: it is as old as we know of it. */
function withAge(
  { kind, from, input }: InventoryItem,
  lookUp: LookUp | undefined,
  ledger: FirstSeenLedger,
): LookUp | undefined {
  if (lookUp?.state !== 'ok' || from === 'archives') return lookUp;
  const aged = (release: typeof lookUp.newest): typeof lookUp.newest => {
    // The lock's own version is known since it was locked, at least.
    if (release.since !== undefined || release.version === input.version) return release;
    return { ...release, since: { at: ledger.seen(kind, input.name, release.version), clock: 'first-seen' } };
  };
  return { ...lookUp, newest: aged(lookUp.newest), inRange: aged(lookUp.inRange) };
}

function ageOf(lookUp: LookUp | undefined, now: Date): number | undefined {
  const since = lookUp?.state === 'ok' ? lookUp.newest.since : undefined;
  return since === undefined
    ? undefined
    : Math.max(0, Math.floor((now.getTime() - Date.parse(since.at)) / day));
}
