import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVersions, isPrerelease, isVersion } from './semver.ts';
import { semverOfNpm } from './testing/npm-semver.ts';

const semver = semverOfNpm();

const number = fc.oneof(fc.nat(3), fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER)).map(String);
const identifier = fc.oneof(
  number,
  fc.stringMatching(/^[0-9A-Za-z-]{1,4}$/),
  fc.constantFrom('alpha', 'rc', '-1'),
);
const suffix = (mark: string) =>
  fc
    .option(fc.array(identifier, { minLength: 1, maxLength: 3 }), { nil: undefined })
    .map(parts => (parts === undefined ? '' : mark + parts.join('.')));
const version = fc
  .tuple(number, number, number, suffix('-'), suffix('+'))
  .map(([major, minor, patch, pre, build]) => `${major}.${minor}.${patch}${pre}${build}`);

test.skipIf(semver === undefined)('the order is that of npm', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      // npm's takes what is written loosely (`v1.2.3`, ` 1.2.3`), which no registry has; these here are strict.
      expect(isVersion(a)).toBe(semver?.valid(a) !== null);
      if (!isVersion(a) || !isVersion(b)) return;
      expect(Math.sign(compareVersions(a, b))).toBe(semver?.compare(a, b));
      expect(isPrerelease(a)).toBe(semver?.prerelease(a) !== null);
    }),
    { numRuns: 2000 },
  );
});

test('the order of the specification', () => {
  const ordered = [
    'not a version',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.10.0',
    '2.0.0',
  ];
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered);
});

test.each([
  '',
  '1',
  '1.2',
  '01.2.3',
  '1.2.3-',
  '1.2.3-01',
  'v1.2.3',
  '1.2.3 ',
  '1.2.9007199254740993',
  `1.2.3-${'a'.repeat(300)}`,
])('%s is no version', text => expect(isVersion(text)).toBe(false));
