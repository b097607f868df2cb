import type { KindName } from '../kinds/index.ts';
import { kinds } from '../kinds/index.ts';
import { usageError } from '../core/index.ts';
import type { Lock } from '../lock/index.ts';
import { asksFor } from './thaw.ts';
import type { Selection } from './selection.ts';

/** How far an update may go: to how things were on a date, but for what is exempt. */
export interface MinAge {
  /** RFC 3339, UTC, whole seconds: of kinds with a past, nothing that came later is taken. */
  readonly until: string;
  /** What moves to now all the same, since it closes an advisory; kinds of distributions as a whole. */
  readonly exempt: Pick<Selection, 'kinds' | 'names'>;
}

const units: Readonly<Record<string, number>> = { h: 1 / 24, d: 1, w: 7 };

/** Days. @throws HoldfastError UPDATE_AGE (exit 2) */
export function daysIn(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,5})([hdw])$/.exec(text.trim()) ?? [];
  const days = Number(number) * (units[unit] ?? Number.NaN);
  if (number !== '' && Number.isFinite(days)) return days;
  throw usageError('UPDATE_AGE', `"${text}" is no age`, { next: 'Write hours, days or weeks: 12h, 7d, 2w.' });
}

/** The kinds whose upstream can be asked how it was on a date. */
export const kindsWithPast: ReadonlySet<KindName> = new Set(
  kinds.filter(kind => kind.asOf !== undefined).map(({ name }) => name),
);

/** To which date each kind moves: never back behind where the lock has it. */
export function dateOfKind(kind: KindName, before: Lock, now: string, minAge: MinAge | undefined): string {
  if (minAge === undefined || minAge.exempt.kinds.has(kind) || !kindsWithPast.has(kind)) return now;
  const locked = before.moved?.[kind] ?? before.asOf;
  return minAge.until > locked ? minAge.until : locked;
}

/** Whether a request is for what is exempt, so that upstream's present answer is taken. */
export function isExempt({ exempt }: MinAge, kind: KindName, url: string): boolean {
  return exempt.kinds.has(kind) || [...exempt.names].some(name => asksFor(url, name, kind));
}
