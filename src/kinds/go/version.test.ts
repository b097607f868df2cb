import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVersions, isCanonical, isIncompatible, isPrerelease, pseudoVersionTime } from './version.ts';

/** Semantic Versioning 2.0.0, 11, with what the Go modules reference adds. */
const ascending = [
  'v0.0.0-20191109021931-daa7c04131f5',
  'v0.0.1-go1.22.0.linux-amd64',
  'v0.9.0',
  'v1.0.0-alpha',
  'v1.0.0-alpha.1',
  'v1.0.0-alpha.beta',
  'v1.0.0-beta',
  'v1.0.0-beta.2',
  'v1.0.0-beta.11',
  'v1.0.0-rc.1',
  'v1.0.0',
  'v1.2.0',
  'v1.10.0',
  'v10.0.0+incompatible',
  'v99999999999999999999.0.0',
  'v100000000000000000000.0.0',
];

test('any order of versions sorts to the one', () => {
  const shuffled = fc.shuffledSubarray(ascending, { minLength: ascending.length });
  fc.assert(
    fc.property(shuffled, list => {
      expect(list.toSorted(compareVersions)).toEqual(ascending);
    }),
  );
});

test('what is no version lies lowest', () => {
  expect(['v1.0.0', 'main'].toSorted(compareVersions)).toEqual(['main', 'v1.0.0']);
});

test.each(['v1', 'v1.2', '1.2.3', 'v1.2.3-', 'v1.2.3-a..b', 'v1.2.3+', 'v1.2.03', 'v1.2.3\n', 'main', ''])(
  '%j is no version',
  text => expect(isCanonical(text)).toBe(false),
);

test.each([
  ['v0.0.0-20191109021931-daa7c04131f5', '2019-11-09T02:19:31.000Z'],
  ['v1.2.4-0.20191109021931-daa7c04131f5', '2019-11-09T02:19:31.000Z'],
  ['v1.2.4-rc.1.0.20191109021931-daa7c04131f5', '2019-11-09T02:19:31.000Z'],
  ['v2.0.1-0.20191109021931-daa7c04131f5+incompatible', '2019-11-09T02:19:31.000Z'],
  ['v1.2.4-20191109021931', undefined],
  ['v1.2.4-rc.20191109021931-daa7c04131f5', undefined],
  ['v0.0.0-20199909021931-daa7c04131f5', undefined],
  ['v1.2.4', undefined],
])('%s was committed at %s', (version, time) => {
  expect(pseudoVersionTime(version)?.toISOString()).toBe(time);
});

test('what a version says of itself', () => {
  expect([isPrerelease('v1.0.0-rc1'), isPrerelease('v1.0.0+incompatible')]).toEqual([true, false]);
  expect([isIncompatible('v2.0.0+incompatible'), isIncompatible('v2.0.0')]).toEqual([true, false]);
});
