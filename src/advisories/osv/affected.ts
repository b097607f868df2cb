import type { VersionOrder } from '../../kinds/index.ts';
import type { OsvAffected, OsvEvent, OsvRange } from './record.ts';

type Compare = VersionOrder['compare'];

export interface Outcome {
  readonly state: 'affected' | 'fixed' | 'not-affected';
  readonly fixedIn?: string | undefined;
}

/** Whether a version is affected (OSV schema, "Evaluation"): it is listed, or lies in a range. */
export function outcomeFor(version: string, affected: OsvAffected, compare: Compare): Outcome {
  const outcomes = affected.ranges.map(range => outcomeIn(version, range, compare));
  const hit = outcomes.find(({ state }) => state === 'affected');
  if (hit !== undefined) return hit;
  if (affected.versions.has(version)) {
    const later = affected.ranges.flatMap(({ events }) => fixesAfter(version, events, compare));
    return { state: 'affected', fixedIn: lowest(later, compare) };
  }
  return outcomes.find(({ state }) => state === 'fixed') ?? { state: 'not-affected' };
}

function outcomeIn(version: string, { events }: OsvRange, compare: Compare): Outcome {
  const limits = events.filter(({ is }) => is === 'limit');
  const beforeLimit =
    limits.length === 0 || limits.some(limit => limit.version === '*' || compare(version, limit.version) < 0);
  let isIn = false;
  let isFixed = false;
  for (const event of sorted(events, compare)) {
    const order = isStart(event) ? 1 : compare(version, event.version);
    if (event.is === 'introduced' && order >= 0) isIn = true;
    else if (event.is === 'fixed' && order >= 0) [isIn, isFixed] = [false, true];
    else if (event.is === 'last_affected' && order > 0) isIn = false;
  }
  if (isIn && beforeLimit)
    return { state: 'affected', fixedIn: lowest(fixesAfter(version, events, compare), compare) };
  return { state: isFixed ? 'fixed' : 'not-affected' };
}

/** `0` is lower than every version. */
const isStart = ({ is, version }: OsvEvent) => is === 'introduced' && version === '0';

/** At one version, what ends comes before what begins. */
function sorted(events: readonly OsvEvent[], compare: Compare): readonly OsvEvent[] {
  return events
    .filter(({ is }) => is !== 'limit')
    .toSorted((a, b) => {
      if (isStart(a) || isStart(b)) return Number(isStart(b)) - Number(isStart(a));
      return compare(a.version, b.version) || Number(a.is === 'introduced') - Number(b.is === 'introduced');
    });
}

function fixesAfter(version: string, events: readonly OsvEvent[], compare: Compare): string[] {
  return events
    .filter(one => one.is === 'fixed' && compare(one.version, version) > 0)
    .map(one => one.version);
}

function lowest(versions: readonly string[], compare: Compare): string | undefined {
  return versions.toSorted(compare)[0];
}
