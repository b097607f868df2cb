import { diff } from 'node:util';

/** A line of a text, as both versions have it or one of them. */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
}

const contextLines = 3;

/** What differs between two texts, with a few lines around it. */
export function differingLines(before: string, after: string): DiffLine[] {
  // Of the two it is given, `diff` says 1 of what the first has alone.
  const signs = { '0': ' ', '1': '-', '-1': '+' } as const;
  const lines = diff(linesOf(before), linesOf(after)).map(
    ([operation, text]): DiffLine => ({ sign: signs[`${operation}`], text }),
  );
  const near = (n: number) =>
    lines.slice(Math.max(0, n - contextLines), n + contextLines + 1).some(({ sign }) => sign !== ' ');
  return lines.filter((_, n) => near(n));
}

const linesOf = (text: string) => (text === '' ? [] : text.split('\n'));
