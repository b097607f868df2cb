import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareVersions } from './version.ts';

const library = '/usr/share/maven/lib/maven-artifact-3.x.jar';
const shared = '/usr/share/maven/lib/commons-lang3.jar';

const versions = [
  '1',
  '1.0',
  '1.0.0',
  '1.1',
  '1.10',
  '1.9',
  '2',
  '1-1',
  '1-2',
  '1.0.1',
  '1.0-1',
  '1-1.2',
  '20240101.1',
  '1-alpha',
  '1-alpha-1',
  '1-a1',
  '1-beta-2',
  '1-b2',
  '1-milestone-1',
  '1-m1',
  '1-rc',
  '1-cr1',
  '1-rc1',
  '1-SNAPSHOT',
  '1.0-SNAPSHOT',
  '1-ga',
  '1.Final',
  '1-sp',
  '1-sp-1',
  '1-foo',
  '1.foo',
  '1-foo2',
  '1.0.RELEASE',
  '31.1-jre',
  '31.1-android',
  '99999999999999999999',
  '99999999999999999998',
  '1.2.3.4.5',
  '1..2',
  '1-',
];

test('compares as Maven itself', () => {
  if (!existsSync(library)) return console.warn('skipped: no Maven');
  const pairs = versions.flatMap(a => versions.map(b => [a, b] as const));
  const main = 'org.apache.maven.artifact.versioning.ComparableVersion';
  const run = spawnSync(
    'java',
    ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp', `${library}:${shared}`, main, ...pairs.flat()],
    {
      encoding: 'utf8',
    },
  );
  if (run.status !== 0) return console.warn('skipped: no Java');
  // Of each two neighbours it prints `   1.0 < 1.1`.
  const found = [...run.stdout.matchAll(/^ {3}\S+ (==|<|>) \S+$/gm)].map(
    ([, sign = '']) => ['<', '==', '>'].indexOf(sign) - 1,
  );
  expect(found).toHaveLength(pairs.length * 2 - 1);
  const wrong = pairs.flatMap(([a, b], n) =>
    Math.sign(compareVersions(a, b)) === found[n * 2] ? [] : [`${a} with ${b}: Maven says ${found[n * 2]}`],
  );
  expect(wrong).toEqual([]);
});

test('qualifiers come before the release, what is unknown after it', () => {
  const sorted = [
    '1-alpha',
    '1-beta',
    '1-milestone',
    '1-rc',
    '1-SNAPSHOT',
    '1',
    '1-sp',
    '1-jre',
    '1-1',
    '1.1',
  ];
  expect(sorted.toReversed().toSorted(compareVersions)).toEqual(sorted);
});
