import { compareDigits, compareLists, compareText } from '../order.ts';

/** apk-package(5), "pkgver": numbers, a letter, suffixes, a commit's hash, a revision. */
interface Parts {
  readonly numbers: readonly string[];
  readonly letter: string;
  readonly suffixes: readonly Suffix[];
  readonly hash: string;
  readonly revision: string;
}

type Suffix = readonly [name: string, number: string];

/** In their order; what has none stands where the empty text stands. */
const suffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];

const pattern = /^(\d+(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:~([0-9a-f]+))?(?:-r(\d+))?$/;

function partsOf(version: string): Parts | undefined {
  const [, numbers, letter = '', tail = '', hash = '', revision = '0'] =
    version.length > 512 ? [] : (pattern.exec(version) ?? []);
  if (numbers === undefined) return undefined;
  const named = [...tail.matchAll(/_([a-z]+)(\d*)/g)].map(
    ([, name = '', number = '']) => [name, number || '0'] as const,
  );
  if (named.some(([name]) => !suffixes.includes(name))) return undefined;
  return { numbers: numbers.split('.'), letter, suffixes: named, hash, revision };
}

/** As `apk version -t`. A text that is no version lies below all that are. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined) || compareText(a, b);
  const [first, ...rest] = left.numbers;
  const [otherFirst, ...otherRest] = right.numbers;
  return (
    compareDigits(first ?? '', otherFirst ?? '') ||
    compareLists(rest, otherRest, compareFractions) ||
    compareText(left.letter, right.letter) ||
    compareLists(left.suffixes, right.suffixes, compareSuffixes) ||
    compareText(left.hash, right.hash) ||
    compareDigits(left.revision, right.revision)
  );
}

/** Past the first number one that begins with a zero is read as decimals are: 1.01 is older than 1.1. */
function compareFractions(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const decimal = (a.startsWith('0') || b.startsWith('0')) && a !== b;
  return decimal ? compareText(a, b) : compareDigits(a, b);
}

function compareSuffixes(a: Suffix = ['', '0'], b: Suffix = ['', '0']): number {
  return suffixes.indexOf(a[0]) - suffixes.indexOf(b[0]) || compareDigits(a[1], b[1]);
}
