import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { compareSegments, compareVersions } from './version.ts';

const parts = [
  '1',
  '1.0',
  '1.0.0',
  '1.01',
  '1.10',
  '1.9',
  '1.0a',
  '1.0rc1',
  'a',
  'a1',
  'b',
  '5.5p1',
  '5.5p10',
];
const texts = [
  ...parts,
  '1.0~rc1',
  '1.0~',
  '1.0~~',
  '1.0^',
  '1.0^git1',
  '1.0^git1~pre',
  '1.0~rc1^git1',
  '1.0.1^',
  '2_0',
  '2.0',
  'xyz.4',
  '1+2',
  '20240101',
  '99999999999999999999',
  '99999999999999999998',
  '1.0.',
  '1..0',
  '1.2.3.el9',
  '1.2.3.el10',
];

test('compares as rpm itself', () => {
  const pairs = texts.flatMap(a => texts.map(b => [a, b] as const));
  const calls = pairs.map(([a, b]) => `print(rpm.vercmp("${a}", "${b}") .. "\\n")`).join(' ');
  const { status, stdout } = spawnSync('rpm', ['--eval', `%{lua: ${calls}}`], { encoding: 'utf8' });
  if (status !== 0) return console.warn('skipped: no rpm');
  const theirs = stdout.trim().split(/\s+/).map(Number);
  const wrong = pairs.flatMap(([a, b], n) =>
    Math.sign(compareSegments(a, b)) === theirs[n] ? [] : [`${a} with ${b}: rpm says ${theirs[n]}`],
  );
  expect(theirs).toHaveLength(pairs.length);
  expect(wrong).toEqual([]);
});

test.each([
  ['1:1.0-1', '2.0-1', 1],
  ['0:1.0-1', '1.0-1', 0],
  ['1.0-1.el9', '1.0-1.el9_3', -1],
  ['1.0-10', '1.0-9', 1],
  ['1.0', '1.0-9', 0],
])('%s with %s: %s', (a, b, order) => {
  expect(Math.sign(compareVersions(a, b))).toBe(order);
});
