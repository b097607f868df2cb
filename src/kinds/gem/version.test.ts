import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { compareVersions, fitsRequirement, isPrerelease } from './version.ts';

const versions = [
  '0',
  '1',
  '1.0',
  '1.0.0',
  '1.0.1',
  '1.00.1',
  '1.10',
  '1.9',
  '1.9.9',
  '2',
  '10',
  '1.a',
  '1.0.a',
  '1.0.a1',
  '1.0.a.1',
  '1.0.a10',
  '1.0.b',
  '1.0.rc1',
  '1.0.rc.1',
  '1.0.pre',
  '1.0.0.pre.2',
  '1.0-2',
  '1.0-beta',
  '1.2.3.4.5',
  '1.2.3.4.5.0',
  '99999999999999999999',
  '99999999999999999998.1',
  '0.0.0.beta',
];

const operators = ['=', '!=', '>', '<', '>=', '<=', '~>'];

/** What RubyGems says; nothing where there is no Ruby. */
function rubyGems<Answer>(script: string, input: unknown): Answer | undefined {
  const { status, stdout } = spawnSync('ruby', ['-rjson', '-e', script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return status === 0 ? (JSON.parse(stdout) as Answer) : undefined;
}

test('compares as RubyGems itself', () => {
  const pairs = versions.flatMap(a => versions.map(b => [a, b] as const));
  const script =
    'puts JSON.parse(STDIN.read).map { |a, b| Gem::Version.new(a) <=> Gem::Version.new(b) }.to_json';
  const theirs = rubyGems<number[]>(script, pairs);
  if (theirs === undefined) return console.warn('skipped: no ruby');
  const wrong = pairs.flatMap(([a, b], n) =>
    Math.sign(compareVersions(a, b)) === theirs[n] ? [] : [`${a} with ${b}: RubyGems says ${theirs[n]}`],
  );
  expect(wrong).toEqual([]);
});

test('a requirement is met, and a version is a prerelease, as RubyGems says', () => {
  const pairs = versions.flatMap(version =>
    versions
      .slice(0, 24)
      .flatMap(operand => operators.map(operator => [version, `${operator} ${operand}`] as const)),
  );
  const script = `puts JSON.parse(STDIN.read).map { |v, r|
    version, requirement = Gem::Version.new(v), Gem::Requirement.new(r)
    [requirement.satisfied_by?(version), version.prerelease?, requirement.prerelease?]
  }.to_json`;
  const theirs = rubyGems<[boolean, boolean, boolean][]>(script, pairs);
  if (theirs === undefined) return console.warn('skipped: no ruby');
  const wrong = pairs.flatMap(([version, requirement], n) => {
    const [satisfied = false, isPre = false, asksPre = false] = theirs[n] ?? [];
    // Dependency#match? leaves prereleases out where the requirement names none.
    const fits = satisfied && (asksPre || !isPre);
    const own = [fitsRequirement(version, requirement), isPrerelease(version)];
    return own[0] === fits && own[1] === isPre
      ? []
      : [`${version} for ${requirement}: RubyGems says ${fits}, we ${own[0]}`];
  });
  expect(wrong).toEqual([]);
});
