import { compareDigits, compareLists, compareText } from '../order.ts';

/** PHP's version_compare, by which Composer goes: words have ranks, and what is unknown lies below all. */
const ranks: Readonly<Record<string, number>> = {
  dev: 0,
  alpha: 1,
  a: 1,
  beta: 2,
  b: 2,
  rc: 3,
  c: 3,
  '#': 4,
  stable: 4,
  pl: 5,
  p: 5,
  patch: 5,
};
const unknown = -1;

function partsOf(version: string): string[] {
  const plain = version
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .replace(/\+.*$/, '');
  return plain.slice(0, 512).match(/\d+|[a-z]+/g) ?? [];
}

/** Whether it is below what Composer holds for stable: a branch, an alpha, a beta, a release candidate. */
export function isPrerelease(version: string): boolean {
  return /^dev-|(?:^|[\d.@_-])(?:dev|alpha|beta|rc|a|b)(?:[\d._-]|$)/i.test(version);
}

/** A branch (`dev-main`) is older than every version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.startsWith('dev-'), b.startsWith('dev-')];
  if (left || right) return left && right ? compareText(a, b) : left ? -1 : 1;
  return compareLists(partsOf(a), partsOf(b), compareParts);
}

function compareParts(a: string | undefined, b: string | undefined): number {
  // Composer adds zeros, so that 1.0 and 1.0.0 are one version.
  const [left, right] = [a ?? (isNumber(b) ? '0' : '#'), b ?? (isNumber(a) ? '0' : '#')];
  if (isNumber(left) && isNumber(right)) return compareDigits(left, right);
  return rankOf(left) - rankOf(right);
}

const isNumber = (part: string | undefined) => part !== undefined && /^\d/.test(part);

function rankOf(part: string): number {
  return isNumber(part) ? 4.5 : (ranks[part] ?? unknown);
}
