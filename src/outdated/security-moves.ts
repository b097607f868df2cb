import { isClosable, openOn, type LockReport, type OutdatedItem } from './report.ts';

/** Parts of a lock that close an advisory by moving. */
export interface SecurityMoves {
  readonly items: readonly OutdatedItem[];
  /** What would close one and is held. */
  readonly held: readonly OutdatedItem[];
}

/**
 * What must move for each open advisory that a move closes, and nothing else.
 * @param only kinds and names to which it is confined; none for all
 */
export function securityMoves({ items }: LockReport, only: readonly string[]): SecurityMoves {
  const wanted = items
    .filter(item => openOn(item).some(isClosable))
    .flatMap(item => moversOf(item, items).filter(mover => isAsked(item, only) || isAsked(mover, only)));
  const movers = [...new Set(wanted)];
  return {
    items: movers.filter(({ hold }) => hold === undefined),
    held: movers.filter(({ hold }) => hold !== undefined),
  };
}

/** Whether `--only` names it, or nothing, which is all. */
export function isAsked(
  { kind, name }: Pick<OutdatedItem, 'kind' | 'name'>,
  only: readonly string[],
): boolean {
  return only.length === 0 || only.includes(kind) || only.includes(name);
}

/** What moves so that the flaws of an item are closed: itself, or the base images that bring it. */
function moversOf(item: OutdatedItem, all: readonly OutdatedItem[]): OutdatedItem[] {
  const closable = openOn(item).filter(isClosable);
  const names = new Set(closable.flatMap(({ images = [] }) => images));
  const itself = closable.some(({ closedBy }) => closedBy !== 'image') ? [item] : [];
  const isBringing = ({ kind, from, name }: OutdatedItem) =>
    kind === 'image' && from === 'lock' && names.has(name);
  return [...itself, ...all.filter(isBringing)];
}

/** What has something newer that is there for fewer than so many days, by a clock that is not its publisher's. */
export function youngerThan({ items }: LockReport, days: number, now: Date): OutdatedItem[] {
  return items.filter(item => {
    const { from, moves, lookUp } = item;
    if (from === 'archives' || !moves || lookUp?.state !== 'ok') return false;
    // What came with a base image moves by itself only where a step takes it.
    if (from === 'base' && !openOn(item).some(({ closedBy }) => closedBy === 'upgrading-step')) return false;
    const since = Date.parse(lookUp.newest.since?.at ?? now.toISOString());
    return now.getTime() - since < days * 24 * 60 * 60 * 1000;
  });
}
