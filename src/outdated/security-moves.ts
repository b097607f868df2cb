import type { KindName } from '../kinds/index.ts';
import { openOn, type LockReport, type OutdatedItem } from './report.ts';

/** Parts of a lock that close an advisory by moving. */
export interface SecurityMoves {
  /** As `--only` names them: packages, images, and the kinds that move as a whole. */
  readonly words: readonly string[];
  readonly items: readonly OutdatedItem[];
  /** What would close one and is held. */
  readonly held: readonly OutdatedItem[];
}

/** Of these a part cannot move alone. */
const wholes: readonly KindName[] = ['apk', 'rpm'];

/**
 * What must move for each open advisory that a move closes, and nothing else.
 * @param only kinds and names to which it is confined; none for all
 */
export function securityMoves({ items }: LockReport, only: readonly string[]): SecurityMoves {
  const closing = items.filter(item =>
    openOn(item).some(({ closedBy }) => closedBy !== undefined && closedBy !== 'upgrade'),
  );
  const wanted = closing.filter(
    ({ kind, name }) => only.length === 0 || only.includes(kind) || only.includes(name),
  );
  const moving = wanted.filter(({ hold }) => hold === undefined);
  const words = new Set(moving.flatMap(item => wordsFor(item, items)));
  return { words: [...words], items: moving, held: wanted.filter(({ hold }) => hold !== undefined) };
}

/** A package of a base image moves with the image. */
function wordsFor(item: OutdatedItem, all: readonly OutdatedItem[]): string[] {
  if (item.from !== 'base') return wholes.includes(item.kind) ? [item.kind] : [item.name];
  const images = all.filter(
    ({ kind, from, moves, hold }) => kind === 'image' && from === 'lock' && moves && hold === undefined,
  );
  return images.map(({ name }) => name);
}

/** What has something newer that is there for fewer than so many days, by a clock that is not its publisher's. */
export function youngerThan({ items }: LockReport, days: number, now: Date): OutdatedItem[] {
  return items.filter(({ from, moves, lookUp }) => {
    if (from === 'base' || from === 'archives' || !moves || lookUp?.state !== 'ok') return false;
    const since = Date.parse(lookUp.newest.since?.at ?? now.toISOString());
    return now.getTime() - since < days * 24 * 60 * 60 * 1000;
  });
}
