import { expect, test } from 'vitest';
import type { Change } from './changes.ts';
import { holdsOfRevert } from './went-back.ts';

const terms = { until: '2026-12-31', why: 'slow' };
const change = (section: Change['section'], name: string, what: Change['what'] = 'moved'): Change => ({
  section,
  name,
  what,
  from: ['2'],
  to: ['1'],
});
const namesHeld = (...changes: Change[]) => holdsOfRevert(changes, terms).map(({ name }) => name);

test('packages of apt that had been moved alone are held by their names, of each architecture once', () => {
  expect(holdsOfRevert([change('apt', 'openssl (amd64)')], terms)).toEqual([{ name: 'openssl', ...terms }]);
  expect(namesHeld(change('apt', 'openssl (amd64)'), change('apt', 'openssl (arm64)', 'rebuilt'))).toEqual([
    'openssl',
  ]);
});

test('a distribution that went back as a whole is held so', () => {
  const stable = change('archives', 'http://deb.test/ stable');
  expect(namesHeld(stable, change('apt', 'openssl (amd64)'), change('apt', 'curl (amd64)'))).toEqual(['apt']);
  expect(namesHeld(change('apk', 'curl (x86_64)'), change('rpm', 'curl (x86_64)'))).toEqual(['apk', 'rpm']);
});

test('other inputs are held by the names that the lock has for them, and what came or went is not', () => {
  expect(
    namesHeld(
      change('pypi', 'flask'),
      change('npm', '@scope/react'),
      change('image', 'debian:bookworm (linux/amd64)'),
      change('git', 'https://git.test/a.git main'),
      change('file', 'POST https://files.test/x 404'),
      change('frontend', 'docker/dockerfile:1'),
      change('unlocked', 'http://files.test/'),
      change('apt', 'new (amd64)', 'added'),
      change('npm', 'old', 'removed'),
      change('image', 'node:22 (linux/amd64)', 'added'),
      change('image', 'node:24 (linux/amd64)', 'removed'),
    ),
  ).toEqual([
    'flask',
    '@scope/react',
    'debian:bookworm',
    'https://git.test/a.git',
    'https://files.test/x',
    'docker/dockerfile:1',
    'node:22',
  ]);
});
