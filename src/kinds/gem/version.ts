import { compareDigits, compareLists, compareText } from '../order.ts';

const pattern = /^\s*\d+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*$/;

/** Gem::Version: numbers and words; zeros before a word and at the end do not count. */
function segmentsOf(version: string): string[] | undefined {
  if (version.length > 512 || !pattern.test(version)) return undefined;
  const segments = version.replaceAll('-', '.pre.').match(/\d+|[a-z]+/gi) ?? [];
  const word = segments.findIndex(isWord);
  const [numbers, rest] = word < 0 ? [segments, []] : [segments.slice(0, word), segments.slice(word)];
  return [...withoutZeros(numbers), ...withoutZeros(rest)];
}

function withoutZeros(segments: readonly string[]): string[] {
  return segments.slice(0, segments.findLastIndex(segment => !/^0+$/.test(segment)) + 1);
}

const isWord = (segment: string) => /^[a-z]/i.test(segment);

/** A dash stands for `.pre.`. */
export function isPrerelease(version: string): boolean {
  return /[a-z-]/i.test(version);
}

/** A word is older than a number. What is no version lies below all that are. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [segmentsOf(a), segmentsOf(b)];
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined) || compareText(a, b);
  return compareLists(left, right, (x = '0', y = '0') => {
    if (isWord(x) !== isWord(y)) return isWord(x) ? -1 : 1;
    return isWord(x) ? compareText(x, y) : compareDigits(x, y);
  });
}

/** Gem::Requirement: members with commas between them. Nothing where the text is none. */
export function fitsRequirement(version: string, requirement: string): boolean | undefined {
  const results: boolean[] = [];
  const clauses = requirement.split(',').map(text => text.trim());
  for (const clause of clauses) {
    const [, operator = '=', operand = ''] = /^(=|!=|>=|<=|>|<|~>)?\s*([0-9][\w.-]*)$/.exec(clause) ?? [];
    if (segmentsOf(operand) === undefined) return undefined;
    results.push(fitsClause(version, operator, operand));
  }
  const asked = clauses.some(isPrerelease);
  return results.every(Boolean) && (asked || !isPrerelease(version));
}

function fitsClause(version: string, operator: string, operand: string): boolean {
  const order = compareVersions(version, operand);
  switch (operator) {
    case '!=':
      return order !== 0;
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '~>':
      return order >= 0 && compareVersions(version.replace(/[.-][a-z].*$/i, ''), bumped(operand)) < 0;
    default:
      return order === 0;
  }
}

/** Gem::Version#bump: the last number but one is one more, and the rest is gone. */
function bumped(version: string): string {
  const numbers = version.replace(/[.-]?[a-z].*$/i, '').split('.');
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers;
  return kept.map((number, n) => (n === kept.length - 1 ? String(Number(number) + 1) : number)).join('.');
}
