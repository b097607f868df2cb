import { diff } from 'node:util';

/** A line of a text, as both versions have it or one of them. */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
}

const contextLines = 3;
/** What is compared line by line: the work grows with the square of it. Longer texts are shown whole, one after the other. */
const mostCompared = 2000;

/** What differs between two texts, with a few lines around it. */
export function differingLines(before: string, after: string): DiffLine[] {
  const ends = [before, after].every(text => text === '' || text.endsWith('\n'));
  const [a, b] = [linesOf(before, ends), linesOf(after, ends)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const same = (lines: readonly string[]) => lines.map((text): DiffLine => ({ sign: ' ', text }));
  const lines = [
    ...same(a.slice(Math.max(0, start - contextLines), start)),
    ...changedLines(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...same(a.slice(a.length - end, a.length - end + contextLines)),
  ];
  const near = (n: number) =>
    lines.slice(Math.max(0, n - contextLines), n + contextLines + 1).some(({ sign }) => sign !== ' ');
  return lines.filter((_, n) => near(n));
}

function changedLines(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length === 0 || b.length === 0 || a.length + b.length > mostCompared)
    return [
      ...a.map((text): DiffLine => ({ sign: '-', text })),
      ...b.map((text): DiffLine => ({ sign: '+', text })),
    ];
  // Of the two it is given, `diff` says 1 of what the first has alone.
  const signs = { '0': ' ', '1': '-', '-1': '+' } as const;
  return diff(a, b).map(([operation, text]): DiffLine => ({ sign: signs[`${operation}`], text }));
}

/** @param ends whether both texts end their last line, so that nothing after it is to be shown */
const linesOf = (text: string, ends: boolean) =>
  text === '' ? [] : (ends ? text.slice(0, -1) : text).split('\n');
