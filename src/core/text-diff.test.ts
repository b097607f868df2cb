import { expect, test } from 'vitest';
import { differingLines } from './text-diff.ts';

const shown = (before: string, after: string) =>
  differingLines(before, after).map(({ sign, text }) => sign + text);

test('what changed, and three lines around it', () => {
  const text = Array.from({ length: 20 }, (_, n) => `line ${n}`);
  const changed = text.with(9, 'other').toSpliced(15, 0, 'new');
  expect(shown(text.join('\n'), changed.join('\n'))).toEqual([
    ' line 6',
    ' line 7',
    ' line 8',
    '-line 9',
    '+other',
    ' line 10',
    ' line 11',
    ' line 12',
    ' line 13',
    ' line 14',
    '+new',
    ' line 15',
    ' line 16',
    ' line 17',
  ]);
  expect(shown('a\n', 'a\nb\n')).toEqual([' a', '+b']);
  expect(shown('same', 'same')).toEqual([]);
  expect(shown('', 'new')).toEqual(['+new']);
  expect(shown('', 'new\n')).toEqual(['+new']);
  expect(shown('a\nold\n', 'a\nnew\n')).toEqual([' a', '-old', '+new']);
  // A line's end that only one of both has is all that differs.
  expect(shown('a', 'a\n')).toEqual([' a', '+']);
});

test('texts without a common line are shown one after the other, however long they are', () => {
  const lines = (name: string) => Array.from({ length: 40_000 }, (_, n) => `${name} ${n}`).join('\n');
  const found = shown(lines('a'), lines('b'));
  expect(found).toHaveLength(80_000);
  expect([found[0], found.at(-1)]).toEqual(['-a 0', '+b 39999']);
});
