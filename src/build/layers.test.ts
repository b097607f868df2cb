import { expect, test } from 'vitest';
import { leftOutTexts } from './layers.ts';

const skipped = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ path: `dev/${n}`, reason: 'a device' }));

test('what a layer could not be given is told one by one, and of many the number', () => {
  expect(leftOutTexts(skipped(2))).toEqual(['dev/0: a device', 'dev/1: a device']);
  expect(leftOutTexts(skipped(5))).toHaveLength(5);
  expect(leftOutTexts(skipped(1_000_000)).slice(4)).toEqual(['dev/4: a device', '999995 more']);
});
