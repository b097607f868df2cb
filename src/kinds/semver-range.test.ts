import { expect, test } from 'vitest';
import { cargoRequirements, fitsRange, isCaretCompatible, npmRanges } from './semver-range.ts';
import { semverOfNpm } from './testing/npm-semver.ts';

const numbers = ['0.0.0', '0.0.1', '0.0.3', '0.1.0', '0.2.3', '0.2.4', '1.0.0', '1.2.0', '1.2.3', '1.2.10'];
const versions = [
  ...numbers,
  '1.3.0',
  '2.0.0',
  '2.0.1',
  '2.3.4',
  '3.0.0',
  '10.0.0',
  '1.2.3-alpha',
  '1.2.3-alpha.7',
  '1.2.4-beta',
  '2.0.0-rc.1',
  '0.0.0-0',
  '3.0.0-0',
];
const bases = [
  '0',
  '1',
  '1.2',
  '0.0',
  '0.2',
  '1.2.3',
  '0.2.3',
  '0.0.3',
  '1.x',
  '1.2.x',
  '*',
  '1.2.3-alpha.7',
];
const ranges = [
  ...bases.flatMap(base => ['', '^', '~', '>=', '<=', '>', '<', '=', '~>'].map(sign => sign + base)),
  '>=1.0.0 <2.0.0',
  '>=1.0.0 <2.0.0 || >=2.3.0 <3.0.0-0',
  '1.2.3 - 2.3',
  '1.2 - 2.0.1',
  '0 - 1.2.3',
  '> 1.2.3 < 3',
  '',
  '||',
  'v1.2.3',
];

test('fits what npm says that it fits', () => {
  const semver = semverOfNpm();
  if (semver === undefined) return;
  const wrong: string[] = [];
  for (const range of ranges)
    for (const version of versions)
      for (const prereleases of [false, true]) {
        const theirs = semver.satisfies(version, range, { includePrerelease: prereleases });
        if (fitsRange(version, range, npmRanges, prereleases) !== theirs)
          wrong.push(`${version} in ${range}${prereleases ? ' with pre-releases' : ''}: npm says ${theirs}`);
      }
  expect(wrong).toEqual([]);
});

test('what is no range is none', () => {
  for (const text of ['latest', 'git+ssh://x', '1.2.3.4', '>=1 or so', '^', 'x'.repeat(5000)])
    expect(fitsRange('1.0.0', text, npmRanges), text).toBe(text === '^' ? true : undefined);
});

test.each([
  ['1.2.3', '1.9.0', true],
  ['1.2.3', '2.0.0', false],
  ['0.3', '0.3.9', true],
  ['0.3', '0.4.0', false],
  ['>=1, <1.5', '1.4.9', true],
  ['>=1, <1.5', '1.5.0', false],
  ['=1.2.3', '1.2.4', false],
  ['~1.2', '1.2.9', true],
  ['*', '7.0.0', true],
  ['1.*', '1.9.9', true],
])('cargo: %s takes %s: %s', (requirement, version, fits) => {
  expect(fitsRange(version, requirement, cargoRequirements)).toBe(fits);
});

test('compatible is what agrees in the first number that is not zero', () => {
  expect(isCaretCompatible('1.2.3', '1.9.0')).toBe(true);
  expect(isCaretCompatible('1.2.3', '2.0.0')).toBe(false);
  expect(isCaretCompatible('0.2.3', '0.3.0')).toBe(false);
  expect(isCaretCompatible('1.2.3-rc.1', '1.2.3')).toBe(true);
});
