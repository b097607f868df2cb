import { diff } from 'node:util';
import { printable } from './units.ts';

interface Line {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
}

const contextLines = 3;

/** The difference of two texts as `diff -u` writes it; empty for equal ones. @param before nothing for a file that is new */
export function unifiedDiff(name: string, before: string | undefined, after: string): string {
  if (before === after) return '';
  const lines = differences(before ?? '', after);
  const hunks = hunksOf(lines).map(([from, to]) => hunkText(lines, from, to));
  const shownName = printable(name);
  return [
    `--- ${before === undefined ? '/dev/null' : `a/${shownName}`}`,
    `+++ b/${shownName}`,
    ...hunks,
    '',
  ].join('\n');
}

function differences(before: string, after: string): Line[] {
  // Of the two it is given, `diff` says 1 of what the first has alone.
  const signs = { '0': ' ', '1': '-', '-1': '+' } as const;
  return diff(linesOf(before), linesOf(after)).map(([operation, text]) => ({
    sign: signs[`${operation}`],
    text,
  }));
}

/** Without the line end; a last line without one is told apart as `diff` does. */
function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop();
  return last === '' || last === undefined ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

/** Ranges of lines around what differs; those that meet are one. */
function hunksOf(lines: readonly Line[]): [from: number, to: number][] {
  const hunks: [number, number][] = [];
  lines.forEach(({ sign }, n) => {
    if (sign === ' ') return;
    const from = Math.max(0, n - contextLines);
    const to = Math.min(lines.length, n + contextLines + 1);
    const last = hunks.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  });
  return hunks;
}

function hunkText(lines: readonly Line[], from: number, to: number): string {
  const count = (some: readonly Line[], sign: '+' | '-') => some.filter(line => line.sign !== sign).length;
  const place = (other: '+' | '-') => {
    const length = count(lines.slice(from, to), other);
    const start = count(lines.slice(0, from), other) + (length === 0 ? 0 : 1);
    return length === 1 ? `${start}` : `${start},${length}`;
  };
  const body = lines
    .slice(from, to)
    .map(({ sign, text }) => sign + text.split('\n').map(printable).join('\n'));
  return [`@@ -${place('+')} +${place('-')} @@`, ...body].join('\n');
}
