import { describe, expect, test } from 'vitest';
import { compareVersions as apk } from './apk/version.ts';
import { compareVersions as composer, isPrerelease as isUnstable } from './composer/version.ts';
import { compareVersions as gem, fitsRequirement, isPrerelease } from './gem/version.ts';

// Cases from their own documentation and tests. RubyGems and Composer are oracles beside their own versions; apk is in no
// archive of Debian.

describe('apk', () => {
  test('sorts', () => {
    const sorted = [
      'no version',
      '0.1.0_alpha',
      '0.1.0_alpha1',
      '0.1.0_beta',
      '0.1.0_pre2',
      '0.1.0_rc1',
      '0.1.0_rc1_p1',
      '0.1.0',
      '0.1.0-r1',
      '0.1.0-r10',
      '0.1.0_git20240101',
      '0.1.0_p1',
      '0.1.0a',
      '0.1.0b',
      '0.1.0.1',
      '0.1.2',
      '0.01.9'.replace('0.01', '0.2'),
      '1.01',
      '1.1',
      '1.10',
      '20240101',
    ];
    expect(sorted.toReversed().toSorted(apk)).toEqual(sorted);
  });
});

test.each([
  // A commit's hash: what apk 3 says. Older clients know none, and hold such a text for no version.
  ['1.0~abc', '1.0_p1', -1],
  ['1.0~abc', '1.0_rc1', 1],
  ['1.0_p1~abc', '1.0_p1_p2', -1],
  ['1~abc-r1', '1-r2', 1],
  ['1.0~abc', '1.0.1', -1],
  ['1.0~abc', '1.0a', -1],
  ['1.0~ab', '1.0~abc', -1],
  ['1.0_p1~ab', '1.0_p1_alpha', 1],
])('apk: %s with %s', (a, b, order) => {
  expect(Math.sign(apk(a, b))).toBe(order);
});

describe('gem', () => {
  test('sorts', () => {
    const sorted = [
      'x y',
      '0.9',
      '1.0.a',
      '1.0.a.2',
      '1.0.b1',
      '1.0.pre.1',
      '1.0.rc1',
      '1.0',
      '1.0.1',
      '1.9',
      '1.10',
      '2',
    ];
    expect(sorted.toReversed().toSorted(gem)).toEqual(sorted);
    expect(gem('1.0', '1')).toBe(0);
    expect(gem('1.0.0.rc1', '1.rc1')).toBe(0);
    expect(gem('1.0-1', '1.0')).toBeLessThan(0);
    expect(['1.0.rc1', '1.0', '1.0-x'].map(isPrerelease)).toEqual([true, false, true]);
  });

  test.each([
    ['1.4.5', '~> 1.4', true],
    ['2.0', '~> 1.4', false],
    ['1.4.9', '~> 1.4.3', true],
    ['1.5.0', '~> 1.4.3', false],
    ['2.0.a', '~> 1.4', false],
    ['1.5', '>= 1, < 2', true],
    ['1.5', '!= 1.5', false],
    ['1.5.rc1', '>= 1', false],
    ['1.5.rc1', '>= 1.5.a', true],
    ['1.5', 'latest', undefined],
  ])('%s in %s: %s', (version, requirement, fits) => {
    expect(fitsRequirement(version, requirement)).toBe(fits);
  });
});

describe('composer', () => {
  test('sorts', () => {
    const sorted = [
      'dev-main',
      '1.0.0-dev',
      '1.0.0-alpha1',
      '1.0.0-beta1',
      '1.0.0-beta2',
      '1.0.0-RC1',
      '1.0.0',
      '1.0.0-pl1',
      '1.0.1',
      'v1.2',
      '1.10',
    ];
    expect(sorted.toReversed().toSorted(composer)).toEqual(sorted);
    expect(composer('1.0', 'v1.0.0.0')).toBe(0);
    expect(['dev-main', '1.0-RC1', '1.0.0-beta', '1.0.0', '2.x-dev'].map(isUnstable)).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });
});
