import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fitsSpecifiers } from './specifier.ts';
import { compareVersions, isPrerelease } from './version.ts';

const sorted = [
  'no-version',
  '0.9',
  '1.0.dev1',
  '1.0a1.dev2',
  '1.0a1',
  '1.0a1.post1',
  '1.0b2',
  '1.0rc1',
  '1.0',
  '1.0+abc',
  '1.0+abc.5',
  '1.0+5',
  '1.0.post1.dev3',
  '1.0.post1',
  '1.0.1',
  '1.10',
  '20201231235959123456789',
  '1!0.1',
];

const specifiers = [
  '==1.0',
  '==1.*',
  '!=1.0',
  '!=1.0.*',
  '>=1.0',
  '<=1.0',
  '>1.0',
  '<1.0',
  '<1.0rc1',
  '>=1.0a1',
  '~=1.0',
  '~=1.0.1',
  '~=1.0a1',
  '>=0.5,<1.1',
  '>=1.0,!=1.0.1',
  '===1.0',
  '==1.0+abc',
  '>1.0.post1',
  '',
];

/** pip's own copy of the library that defines the order. */
const oracle = `
import json, sys, warnings
warnings.simplefilter('ignore')
from pip._vendor.packaging.version import Version
from pip._vendor.packaging.specifiers import SpecifierSet
versions, sets = json.load(sys.stdin)
parsed = [Version(v) for v in versions]
order = [[(a > b) - (a < b) for b in parsed] for a in parsed]
fits = [[SpecifierSet(s).contains(v) for v in versions] for s in sets]
print(json.dumps([order, fits, [v.is_prerelease for v in parsed]]))
`;

test('the order and the specifiers are those of pip', () => {
  const versions = [...sorted.slice(1), '1.0.0', 'v1.0-1', '1.0.0.alpha.1', '01.0', '1.1', '2.0.dev1'];
  const { status, stdout } = spawnSync('python3', ['-c', oracle], {
    input: JSON.stringify([versions, specifiers]),
    encoding: 'utf8',
  });
  if (status !== 0) return console.warn('skipped: no python3 with pip');
  const [order, fits, prereleases] = JSON.parse(stdout) as [number[][], boolean[][], boolean[]];
  const ours = versions.map(a => versions.map(b => Math.sign(compareVersions(a, b))));
  expect(ours).toEqual(order);
  expect(versions.map(isPrerelease)).toEqual(prereleases);
  const wrong = specifiers.flatMap((set, n) =>
    versions.flatMap((version, m) =>
      fitsSpecifiers(version, set) === fits[n]?.[m] ? [] : [`${version} in ${set}: pip says ${fits[n]?.[m]}`],
    ),
  );
  expect(wrong).toEqual([]);
});

test('sorts, what is no version first', () => {
  expect(sorted.toReversed().toSorted(compareVersions)).toEqual(sorted);
});

test('what is no specifier is none', () => {
  for (const text of ['latest', '>=1.*', '=1', '== abc', '@ https://example.org/x.whl'])
    expect(fitsSpecifiers('1.0', text), text).toBeUndefined();
});
