import { isOpen, type Advisory, type FeedFailure } from '../advisories/index.ts';
import type { Hold } from '../build/index.ts';
import type { KindName, LookUp } from '../kinds/index.ts';
import type { UnknownHold } from '../update/index.ts';
import type { ItemOrigin } from './inventory.ts';

/** A flaw that an input has, and what would close it. */
export interface ItemAdvisory extends Advisory {
  /**
   * What must move for it. Where its archives have a fix, and the base image none: `upgrading-step` takes it once it
   * moves, `upgrade` where no step does. Nothing where no move that is there closes it.
   */
  readonly closedBy: 'newest' | 'in-range' | 'image' | 'upgrading-step' | 'upgrade' | undefined;
  /** Of `upgrading-step` whether only some of the images that have the package are built with such a step. */
  readonly partly?: boolean;
  /** Of `image` the names of those whose move closes it. */
  readonly images?: readonly string[] | undefined;
}

/** Whether an update closes it without a change of the Dockerfile. */
export function isClosable({ closedBy }: ItemAdvisory): boolean {
  return closedBy !== undefined && closedBy !== 'upgrade';
}

/** An input of a lock, what upstream has now, and what is known of its flaws. */
export interface OutdatedItem {
  readonly kind: KindName;
  readonly from: ItemOrigin;
  readonly name: string;
  readonly architecture?: string | undefined;
  /** Of a compose project, the services that it is of. */
  readonly services?: readonly string[] | undefined;
  readonly locked: string;
  /** Nothing for what came with a base image and cannot be looked up by itself. */
  readonly lookUp: LookUp | undefined;
  /** Whether there is something newer, or another digest. */
  readonly moves: boolean;
  /** Days since the newest is there. */
  readonly age: number | undefined;
  readonly advisories: readonly ItemAdvisory[];
  readonly hold: Hold | undefined;
}

export interface LockReport {
  /** As the user named it. */
  readonly file: string;
  readonly asOf: string;
  readonly items: readonly OutdatedItem[];
  readonly activeHolds: readonly Hold[];
  readonly expiredHolds: readonly Hold[];
  /** Of the active ones those that hold nothing. */
  readonly unknownHolds: readonly UnknownHold[];
}

export interface OutdatedReport {
  /** RFC 3339. */
  readonly now: string;
  readonly locks: readonly LockReport[];
  /** Names of the feeds that were read. */
  readonly feeds: readonly string[];
  /** Feeds that failed: their advisories are missing. */
  readonly failures: readonly FeedFailure[];
}

/** What is an answer to the question of the command: it moves, or it has a flaw, or upstream warns of it. */
export function isFinding(item: OutdatedItem): boolean {
  if (openOn(item).length > 0) return true;
  if (item.hold !== undefined || item.from === 'base') return false;
  return item.moves || (item.lookUp?.state === 'ok' && item.lookUp.remarks.length > 0);
}

/** A look-up that failed; for what came with a base image none was promised. */
export function isFailed({ lookUp, from }: OutdatedItem): boolean {
  return from !== 'base' && lookUp !== undefined && lookUp.state !== 'ok';
}

/** The advisories that count, the worst first. */
export function openOn({ advisories }: OutdatedItem): readonly ItemAdvisory[] {
  return advisories.filter(isOpen);
}

/** 0 nothing, 1 findings, 5 where a look-up or a feed failed: then nobody knows. */
export function exitOf({ locks, failures }: OutdatedReport): 0 | 1 | 5 {
  const items = locks.flatMap(lock => lock.items);
  if (failures.length > 0 || items.some(isFailed)) return 5;
  return items.some(isFinding) || locks.some(({ expiredHolds }) => expiredHolds.length > 0) ? 1 : 0;
}
