import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareVersions, isPrerelease } from './version.ts';

const versions = [
  '1',
  '1.0',
  '1.0.0',
  'v1.0.1',
  '1.0.1',
  '1.10',
  '1.9.9',
  '2.0.0-dev',
  '2.0.0-alpha',
  '2.0.0-alpha1',
  '2.0.0-alpha.2',
  '2.0.0-beta1',
  '2.0.0-b2',
  '2.0.0-RC1',
  '2.0.0-rc.2',
  '2.0.0',
  '2.0.0-p1',
  '2.0.0-patch2',
  '2.0.0+build',
  '3.1.2.4',
  '2024.01.31',
  '20240131',
  'dev-main',
  'dev-topic',
];

/** Debian's php-composer-semver. */
const semver = '/usr/share/php/Composer/Semver/autoload.php';

test('compares, and tells stable from unstable, as Composer itself', () => {
  if (!existsSync(semver)) return console.warn('skipped: no php-composer-semver');
  const pairs = versions.flatMap(a => versions.map(b => [a, b] as const));
  const script = `require '${semver}';
    $given = json_decode(stream_get_contents(STDIN), true);
    $parser = new Composer\\Semver\\VersionParser();
    $order = array_map(function ($pair) use ($parser) {
      [$a, $b] = array_map([$parser, 'normalize'], $pair);
      return [
        Composer\\Semver\\Comparator::greaterThan($a, $b),
        Composer\\Semver\\Comparator::lessThan($a, $b),
        Composer\\Semver\\VersionParser::parseStability($pair[0]) !== 'stable',
      ];
    }, $given);
    echo json_encode($order);`;
  const { stdout, stderr } = spawnSync('php', ['-r', script], {
    input: JSON.stringify(pairs),
    encoding: 'utf8',
  });
  const theirs = JSON.parse(stdout || JSON.stringify(stderr)) as [boolean, boolean, boolean][];
  expect(theirs).toHaveLength(pairs.length);
  const wrong = pairs.flatMap(([a, b], n) => {
    const [greater, less, unstable] = theirs[n] ?? [];
    const order = Math.sign(compareVersions(a, b));
    // Of two branches Composer says neither is later.
    const bothBranches = a.startsWith('dev-') && b.startsWith('dev-');
    const same = bothBranches || (order > 0 === greater && order < 0 === less);
    return same && isPrerelease(a) === unstable
      ? []
      : [`${a} with ${b}: Composer says ${JSON.stringify(theirs[n])}`];
  });
  expect(wrong).toEqual([]);
});
