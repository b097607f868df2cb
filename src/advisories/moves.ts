import { advisoriesOn, type Advisory, type Judge } from './judge.ts';
import type { Subject } from './subject.ts';

/** What a move means for what is open. */
export interface MoveEffect {
  readonly closed: readonly Advisory[];
  /** Open before and after; as they are after the move. */
  readonly left: readonly Advisory[];
  readonly opened: readonly Advisory[];
}

/**
 * Which advisories moving packages from some versions to others closes, leaves open and opens. A package that is added or
 * removed is on one side alone; the same flaw in two packages built from one source is one each.
 */
export function advisoriesOfMove(from: readonly Subject[], to: readonly Subject[], judge: Judge): MoveEffect {
  const [before, after] = [openOf(from, judge), openOf(to, judge)];
  return {
    closed: [...before].flatMap(([key, advisory]) => (after.has(key) ? [] : [advisory])),
    left: [...after].flatMap(([key, advisory]) => (before.has(key) ? [advisory] : [])),
    opened: [...after].flatMap(([key, advisory]) => (before.has(key) ? [] : [advisory])),
  };
}

function openOf(subjects: readonly Subject[], judge: Judge): Map<string, Advisory> {
  const found = subjects.flatMap(subject => advisoriesOn(subject, judge)).filter(isOpen);
  return new Map(found.map(one => [`${one.subject.kind} ${one.subject.name} ${one.flaw}`, one]));
}

/** Whether it counts as a finding. */
export function isOpen({ state, unimportant }: Advisory): boolean {
  return state === 'open' && !unimportant;
}
