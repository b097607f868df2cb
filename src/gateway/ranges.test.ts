import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRanges } from './ranges.ts';

it.each([
  ['bytes=0-0', [[0, 1]]],
  ['bytes=5-', [[5, 10]]],
  ['bytes=-4', [[6, 10]]],
  ['bytes=-40', [[0, 10]]],
  ['bytes=-0', []],
  ['bytes=8-99', [[8, 10]]],
  ['bytes=10-', []],
  [
    'bytes= 0-1 , 3-4',
    [
      [0, 2],
      [3, 5],
    ],
  ],
  ['bytes=0-1,20-', [[0, 2]]],
])('%s', (header, wanted) =>
  expect(parseRanges(header, 10)?.map(({ start, end }) => [start, end])).toEqual(wanted),
);

it.each([
  'bytes=',
  'bytes=5-4',
  'bytes=a-b',
  'bytes=-',
  'lines=1-2',
  'bytes=0-9,0-9',
  `bytes=${'0-0,'.repeat(65)}`,
])('%s is ignored', header => expect(parseRanges(header, 10)).toBeUndefined());

it('never leaves the body', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^bytes=[0-9,-]{0,20}$/), fc.nat(1000), (header, size) => {
      for (const { start, end } of parseRanges(header, size) ?? []) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(size);
      }
    }),
  );
});
