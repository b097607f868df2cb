import { expect, it } from 'vitest';
import { Memo } from './memo.ts';

it('asks once, forgets the oldest, and keeps no failure', async () => {
  const memo = new Memo<number>(2);
  let made = 0;
  const make = () => Promise.resolve(++made);
  expect(await Promise.all([memo.get('a', make), memo.get('a', make)])).toEqual([1, 1]);
  await memo.get('b', make);
  await memo.get('c', make);
  expect(await memo.get('c', make)).toBe(3);
  expect(await memo.get('a', make)).toBe(4);
  await expect(memo.get('d', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await memo.get('d', make)).toBe(5);
});
