/** A version by Semantic Versioning 2.0.0, without its build metadata, which has no place in the order. */
interface Version {
  readonly release: readonly [major: number, minor: number, patch: number];
  readonly prerelease: readonly (string | number)[];
}

const number = '(?:0|[1-9][0-9]*)';
const identifier = `(?:${number}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`;
const pattern = new RegExp(
  `^(${number})\\.(${number})\\.(${number})(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** As npm limits them: longer texts and larger numbers are no versions. */
const maxLength = 256;

function parseVersion(text: string): Version | undefined {
  const match = text.length > maxLength ? null : pattern.exec(text);
  if (match === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = match.slice(1, 4).map(Number);
  if (![major, minor, patch].every(Number.isSafeInteger)) return undefined;
  const prerelease = match[4]?.split('.').map(part => (/^[0-9]+$/.test(part) ? Number(part) : part)) ?? [];
  return { release: [major, minor, patch], prerelease };
}

export function isVersion(text: string): boolean {
  return parseVersion(text) !== undefined;
}

/** Whether it is a version, and one that semver holds for unstable. */
export function isPrerelease(text: string): boolean {
  return (parseVersion(text)?.prerelease.length ?? 0) > 0;
}

/**
 * Precedence (Semantic Versioning 2.0.0, section 11): negative where `a` is the lower, 0 where they differ at most in
 * build metadata. A text that is no version is lower than all that are.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined);
  for (const [n, part] of left.release.entries()) {
    const difference = part - (right.release[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left.prerelease, right.prerelease);
}

function comparePrereleases(a: Version['prerelease'], b: Version['prerelease']): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [n, left] of a.entries()) {
    const right = b[n];
    if (right === undefined) return 1;
    const difference = compareIdentifiers(left, right);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number') return -1;
  if (typeof b === 'number') return 1;
  return a === b ? 0 : a < b ? -1 : 1;
}
