import { compareVersions } from '../semver.ts';
import { boundsOf, fitsRange, npmRanges } from '../semver-range.ts';

/** Whether a version lies in an advisory's range, as `npm audit` reads it: pre-releases count. Nothing for no range. */
export function isAffected(version: string, range: string): boolean | undefined {
  return fitsRange(version, range, npmRanges, true);
}

/** The version before which the range that a version lies in ends; nothing where it ends with an affected one. */
export function firstUnaffected(version: string, range: string): string | undefined {
  const ends = range
    .split('||')
    .filter(alternative => isAffected(version, alternative) === true)
    .flatMap(alternative => boundsOf(alternative, npmRanges)?.flat() ?? [])
    .flatMap(({ side, version: end }) => (side === '<' ? [end.replace(/-0$/, '')] : []));
  return ends.toSorted(compareVersions)[0];
}
