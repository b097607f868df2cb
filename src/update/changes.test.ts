import { expect, test } from 'vitest';
import { parseLock, type Lock } from '../lock/index.ts';
import { changesBetween } from './changes.ts';

const digest = (digit: string) => digit.repeat(64);

function inputs(text: string): Lock['inputs'] {
  return parseLock(`version: 1\nasOf: "2026-01-01T00:00:00Z"\nbuilds: []\n${text}`, 'holdfast.lock').inputs;
}

const npm = (name: string, version: string, sha256 = digest('a')) =>
  `  - {name: "${name}", version: "${version}", size: 1, sha256: "${sha256}", url: "https://npm.test/${name}"}\n`;

test('versions of one name are compared together', () => {
  const before = inputs(`npm:\n${npm('two', '1.0.0')}${npm('two', '2.0.0')}${npm('gone', '1.0.0')}`);
  const after = inputs(`npm:\n${npm('two', '1.0.0')}${npm('two', '3.0.0')}${npm('fresh', '0.1.0')}`);
  expect(changesBetween(before, after)).toEqual([
    { section: 'npm', name: 'fresh', what: 'added', from: [], to: ['0.1.0'] },
    { section: 'npm', name: 'gone', what: 'removed', from: ['1.0.0'], to: [] },
    { section: 'npm', name: 'two', what: 'moved', from: ['1.0.0', '2.0.0'], to: ['1.0.0', '3.0.0'] },
  ]);
});

test('the same version in other bytes is told of', () => {
  const before = inputs(`npm:\n${npm('same', '1.0.0')}`);
  const after = inputs(`npm:\n${npm('same', '1.0.0', digest('b'))}`);
  expect(changesBetween(before, after)).toMatchObject([{ name: 'same', what: 'rebuilt' }]);
  expect(changesBetween(before, before)).toEqual([]);
});

test('an archive moves by its date, an image by its digests, a file by its content', () => {
  const lock = (date: string, hash: string) =>
    inputs(`image:
  - {reference: "a:1", platform: "linux/amd64", manifest: "sha256:${digest(hash)}", config: "sha256:${digest(hash)}", diffIds: []}
archives:
  - {kind: "apt", url: "http://deb.test/", suite: "stable", date: "${date}", size: 1, sha256: "${digest(hash)}"}
file:
  - {url: "https://files.test/x", size: 1, sha256: "${digest(hash)}"}
`);
  const [old, now] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
  expect(changesBetween(lock(old, '1'), lock(now, '2'))).toMatchObject([
    { section: 'image', name: 'a:1 (linux/amd64)', what: 'moved' },
    { section: 'archives', name: 'http://deb.test/ stable', from: [old], to: [now] },
    { section: 'file', from: [digest('1')], to: [digest('2')] },
  ]);
});

test('the suite by which packages of apt move alone is no change of an archive', () => {
  const lock = (suites: readonly string[]) =>
    inputs(
      suites.length === 0
        ? ''
        : `archives:\n${suites.map(suite => `  - {kind: "apt", url: "http://deb.test/", suite: "${suite}", date: "2026-01-01T00:00:00Z", size: 1, sha256: "${digest('1')}"}\n`).join('')}`,
    );
  expect(changesBetween(lock([]), lock(['holdfast-moved']))).toEqual([]);
  expect(changesBetween(lock([]), lock(['holdfast-moved', 'stable']))).toMatchObject([
    { name: 'http://deb.test/ stable', what: 'added' },
  ]);
});
