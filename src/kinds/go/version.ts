/** Versions of Go modules: semantic versions with a `v` before them (Go modules reference, "Versions"). */

interface Parts {
  readonly numbers: readonly [string, string, string];
  /** Its identifiers; none in a release. */
  readonly prerelease: readonly string[];
  readonly build: string | undefined;
}

const number = '(0|[1-9]\\d*)';
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const pattern = new RegExp(
  `^v${number}\\.${number}\\.${number}(?:-(${identifiers}))?(?:\\+(${identifiers}))?$`,
);

function partsOf(version: string): Parts | undefined {
  const [, major, minor, patch, prerelease, build] = pattern.exec(version) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return { numbers: [major, minor, patch], prerelease: prerelease?.split('.') ?? [], build };
}

export function isCanonical(version: string): boolean {
  return pattern.test(version);
}

export function isPrerelease(version: string): boolean {
  return (partsOf(version)?.prerelease.length ?? 0) > 0;
}

/** Of a major version above 1 from before there were modules. */
export function isIncompatible(version: string): boolean {
  return partsOf(version)?.build === 'incompatible';
}

/**
 * The commit's time in a pseudo-version (`v0.0.0-20191109021931-daa7c04131f5`, `v1.2.4-0.2019…`, `v1.2.4-rc1.0.2019…`);
 * nothing in other versions.
 */
export function pseudoVersionTime(version: string): Date | undefined {
  const prerelease = partsOf(version)?.prerelease.join('.') ?? '';
  const digits = /(?:^|^0\.|\.0\.)(\d{14})-[0-9a-f]{12}$/.exec(prerelease)?.[1];
  if (digits === undefined) return undefined;
  const time = new Date(digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z'));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Semantic Versioning 2.0.0, 11: for `toSorted`, the lowest first; what is no version lies below all. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  for (const n of [0, 1, 2] as const) {
    const order = compareNumbers(a.numbers[n], b.numbers[n]);
    if (order !== 0) return order;
  }
  return comparePrereleases(a.prerelease, b.prerelease);
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0);
  for (const [n, identifier] of a.entries()) {
    const other = b[n];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const numeric = [a, b].map(text => /^\d+$/.test(text));
  if (numeric[0] !== numeric[1]) return numeric[0] === true ? -1 : 1;
  return numeric[0] === true ? compareNumbers(a, b) : compareText(a, b);
}

/** Decimal digits of any length. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
