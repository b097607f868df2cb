import { compareVersions, isPrerelease, isVersion } from './semver.ts';
import type { VersionOrder } from './version-order.ts';

/**
 * Ranges of Semantic Versions as npm and cargo write them. The two differ in what a bare version means, in what parts
 * the members of a set (blanks, commas), and in whether there are alternatives.
 */
export interface RangeDialect {
  readonly bare: 'exact' | 'caret';
  readonly separator: RegExp;
  readonly alternatives: boolean;
}

export const npmRanges: RangeDialect = { bare: 'exact', separator: /\s+/, alternatives: true };
export const cargoRequirements: RangeDialect = { bare: 'caret', separator: /\s*,\s*/, alternatives: false };

/** A version that a range names, and on which side of it what fits lies. */
export interface Bound {
  readonly side: '>=' | '>' | '<' | '<=';
  readonly version: string;
  /** The text left numbers out: where all pre-releases count, those of the version itself fit too. */
  readonly partial?: boolean;
}

/** Alternatives, each of bounds that hold together; nothing where the text is no range. */
export function boundsOf(range: string, dialect: RangeDialect): Bound[][] | undefined {
  if (range.length > 4096) return undefined;
  const sets: Bound[][] = [];
  for (const text of dialect.alternatives ? range.split('||') : [range]) {
    const set = boundsOfSet(text.trim(), dialect);
    if (set === undefined) return undefined;
    sets.push(set);
  }
  return sets;
}

/** As npm's own `satisfies`: a pre-release fits only where its own release's pre-releases are named, unless all count. */
export function fitsRange(
  version: string,
  range: string,
  dialect: RangeDialect,
  prereleases = false,
): boolean | undefined {
  const sets = boundsOf(range, dialect);
  if (sets === undefined) return undefined;
  const release = /^[^-+]*/.exec(version)?.[0];
  return sets.some(
    bounds =>
      bounds.every(bound => isWithin(version, bound, prereleases)) &&
      (prereleases ||
        !isPrerelease(version) ||
        bounds.some(
          ({ version: one }) => isPrerelease(one) && !one.endsWith('-0') && one.startsWith(`${release}-`),
        )),
  );
}

function isWithin(version: string, { side, version: named, partial }: Bound, prereleases: boolean): boolean {
  const order = compareVersions(version, partial === true && prereleases ? `${named}-0` : named);
  switch (side) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
  }
}

function boundsOfSet(text: string, dialect: RangeDialect): Bound[] | undefined {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  if (hyphen !== null) return hyphenBounds(hyphen[1] ?? '', hyphen[2] ?? '');
  const joined = text.replaceAll(/([<>=~^]+)\s+/g, '$1');
  const bounds: Bound[] = [];
  for (const word of joined === '' ? ['*'] : joined.split(dialect.separator)) {
    const found = boundsOfWord(word, dialect);
    if (found === undefined) return undefined;
    bounds.push(...found);
  }
  return bounds;
}

function hyphenBounds(from: string, to: string): Bound[] | undefined {
  const [low, high] = [partialVersion(from), partialVersion(to)];
  if (low === undefined || high === undefined) return undefined;
  return [{ ...least(low), partial: true }, ...upTo(high)];
}

function boundsOfWord(word: string, { bare }: RangeDialect): Bound[] | undefined {
  const [, operator = '', text = ''] = /^(<=|>=|<|>|=|~>|~|\^)?(.*)$/.exec(word) ?? [];
  const partial = partialVersion(text);
  if (partial === undefined) return undefined;
  if (partial.count === 0) return operator === '<' || operator === '>' ? [nothingBelow] : [];
  const next = (at: number) => before(partial, at);
  switch (operator || (bare === 'caret' && !partial.wild ? '^' : '=')) {
    case '^': {
      const firstNonZero = partial.numbers.findIndex(number => number !== 0);
      const at = firstNonZero < 0 || firstNonZero >= partial.count ? partial.count - 1 : firstNonZero;
      return [least(partial), next(at)];
    }
    case '~':
    case '~>':
      return [least(partial), next(Math.min(partial.count - 1, 1))];
    case '>=':
      return [least(partial)];
    case '>':
      return partial.count === 3
        ? [{ side: '>', version: partial.text }]
        : [{ side: '>=', version: bumped(partial, partial.count - 1), partial: true }];
    case '<':
      return [{ side: '<', version: partial.count === 3 ? partial.text : `${partial.text}-0` }];
    case '<=':
      return upTo(partial);
    default:
      return partial.count === 3
        ? [
            { side: '>=', version: partial.text },
            { side: '<=', version: partial.text },
          ]
        : [least(partial), next(partial.count - 1)];
  }
}

/** Lower than every version. */
const nothingBelow: Bound = { side: '<', version: '0.0.0-0' };

interface Partial {
  readonly numbers: readonly [number, number, number];
  /** How many of the numbers are given. */
  readonly count: number;
  readonly wild: boolean;
  /** With zeros for what is not given. */
  readonly text: string;
}

function partialVersion(given: string): Partial | undefined {
  const text = given.replace(/^[v=]+/, '');
  const match = /^([\dxX*]*)(?:\.([\dxX*]+))?(?:\.([\dxX*]+))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const words = match.slice(1, 4).filter(word => word !== undefined && word !== '');
  const wildAt = words.findIndex(word => !/^\d+$/.test(word));
  const given3 = (wildAt < 0 ? words : words.slice(0, wildAt)).map(Number);
  const [major = 0, minor = 0, patch = 0] = given3;
  const plain = `${major}.${minor}.${patch}${given3.length === 3 ? (match[4] ?? '') : ''}`;
  if (!isVersion(plain)) return undefined;
  return { numbers: [major, minor, patch], count: given3.length, wild: wildAt >= 0, text: plain };
}

function least({ text, count }: Partial): Bound {
  return { side: '>=', version: text, partial: count < 3 };
}

function upTo(partial: Partial): Bound[] {
  if (partial.count === 0) return [];
  return partial.count === 3 ? [{ side: '<=', version: partial.text }] : [before(partial, partial.count - 1)];
}

/** Before the next version at a place; its pre-releases are that next version's. */
function before(partial: Partial, at: number): Bound {
  return { side: '<', version: `${bumped(partial, at)}-0` };
}

function bumped({ numbers }: Partial, at: number): string {
  return numbers.map((number, n) => (n < at ? number : n === at ? number + 1 : 0)).join('.');
}

/** Whether two versions agree in the first number that is not zero, which a caret range asks for. */
export function isCaretCompatible(from: string, to: string): boolean {
  const release = /^\d+\.\d+\.\d+/.exec(from)?.[0];
  return (
    release !== undefined && fitsRange(to.replace(/[-+].*$/, ''), `^${release}`, npmRanges, true) === true
  );
}

/** The order of ecosystems that go by Semantic Versioning, with ranges in one of its dialects. */
export function semverOrder(dialect: RangeDialect): VersionOrder {
  return {
    compare: compareVersions,
    isPrerelease,
    fits: (version, range) => fitsRange(version, range, dialect),
    isCompatible: isCaretCompatible,
  };
}
