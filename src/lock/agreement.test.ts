import { expect, test } from 'vitest';
import { disagreements } from './agreement.ts';
import type { InputLine, InputSection } from './lines.ts';

const build = (name: string, ...inputs: [InputSection, InputLine][]) => ({
  name,
  inputs: inputs.map(([section, line]) => ({ section, line })),
});
const told = (...builds: ReturnType<typeof build>[]) =>
  disagreements(builds).map(({ section, name, versions }) => [section, name, ...versions.values()]);

test('a package of two versions is told, whatever its architecture', () => {
  const curl = (version: string, architecture: string): [InputSection, InputLine] => [
    'apt',
    { name: 'curl', version, architecture, sha256: architecture },
  ];
  expect(told(build('a', curl('1-1', 'amd64')), build('b', curl('1-1', 'arm64')))).toEqual([]);
  expect(told(build('a', curl('1-1', 'amd64')), build('b', curl('1-2', 'arm64')))).toEqual([
    ['apt', 'curl', ['1-1'], ['1-2']],
  ]);
});

test('several versions in one build are no difference, in whatever order they came', () => {
  const is = (version: string): [InputSection, InputLine] => ['npm', { name: 'x', version }];
  expect(told(build('a', is('1.0.0'), is('2.0.0')), build('b', is('2.0.0'), is('1.0.0')))).toEqual([]);
  expect(told(build('a', is('1.0.0'), is('2.0.0')), build('b', is('2.0.0')))).toHaveLength(1);
});

test('what only one build took is no difference', () => {
  expect(told(build('a', ['apt', { name: 'x', version: '1' }]), build('b'))).toEqual([]);
});

test('images are compared by index, archives by date, commits and files by digest', () => {
  const both = (...[section, line, other]: [InputSection, InputLine, InputLine]) =>
    told(build('a', [section, line]), build('b', [section, other]));
  const image = { reference: 'debian:12', platform: 'linux/amd64', index: 'sha256:1', manifest: 'sha256:2' };
  const arm = { ...image, platform: 'linux/arm64', manifest: 'sha256:3' };
  expect(both('image', image, arm)).toEqual([]);
  expect(both('image', image, { ...arm, index: 'sha256:4' })).toEqual([
    ['image', 'debian:12', ['sha256:1'], ['sha256:4']],
  ]);
  const archive = { kind: 'apt', url: 'http://deb.test', suite: 'stable', date: '2026', sha256: '1' };
  expect(both('archives', archive, { ...archive, date: '2027' })).toHaveLength(1);
  const commit = { url: 'https://git.test/a', commit: '1', ref: 'main' };
  expect(both('git', commit, { ...commit, commit: '2' })).toHaveLength(1);
  const file = { url: 'https://files.test/a', sha256: '1' };
  expect(both('file', file, { ...file, sha256: '2' })).toHaveLength(1);
  expect(both('file', { url: 'x', status: 404 }, file)).toEqual([]);
});
