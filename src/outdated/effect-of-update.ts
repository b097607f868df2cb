import {
  advisoriesOfMove,
  loadFeeds,
  type FeedFailure,
  type FeedPlaces,
  type MoveEffect,
} from '../advisories/index.ts';
import type { Lock } from '../lock/index.ts';
import type { OutdatedEffects } from './find-outdated.ts';
import { inventoryOf } from './inventory.ts';

export interface UpdateEffect extends MoveEffect {
  /** Feeds whose advisories are missing. */
  readonly failures: readonly FeedFailure[];
}

/** Which advisories moving from one lock to another closes, leaves open and opens, in what both have in their images. */
export async function effectOfUpdate(
  before: Lock,
  after: Lock,
  places: FeedPlaces,
  npmRegistries: readonly string[],
  { store, cache, feeds }: Pick<OutdatedEffects, 'store' | 'cache' | 'feeds'>,
): Promise<UpdateEffect> {
  const [from, to] = await Promise.all(
    [before, after].map(async lock => {
      const { items } = await inventoryOf(lock, [], store, cache);
      return items.flatMap(({ subject }) => subject ?? []);
    }),
  );
  const subjects = [...(from ?? []), ...(to ?? [])];
  const judge = await loadFeeds(places, subjects, npmRegistries, feeds);
  return { ...advisoriesOfMove(from ?? [], to ?? [], judge), failures: judge.failures };
}
