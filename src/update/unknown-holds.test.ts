import { expect, test } from 'vitest';
import { inputsBySection } from '../lock/index.ts';
import { holdableIn, unknownHolds } from './unknown-holds.ts';

const digest = `sha256:${'1'.repeat(64)}` as const;
const known = holdableIn({
  builds: [],
  inputs: inputsBySection([
    { section: 'apt', line: { name: 'libhello', version: '1', architecture: 'all' } },
    { section: 'pypi', line: { name: 'My_Package', version: '1' } },
    { section: 'image', line: { reference: 'debian:bookworm', platform: 'linux/amd64', manifest: digest } },
    { section: 'archives', line: { kind: 'apt', url: 'http://deb.test/', suite: 'stable' } },
    { section: 'file', line: { url: 'https://files.test/x', answer: '404' } },
  ]),
});
const unknown = (...names: string[]) =>
  unknownHolds(
    names.map(name => ({ name, until: '2999-12-31', why: 'slow' })),
    known,
  );

test('kinds, and inputs as the lock names them, can be held', () => {
  expect(unknown('npm', 'libhello', 'my-package', 'debian:bookworm', 'https://files.test/x')).toEqual([]);
});

test('a hold of another name holds nothing, and the nearest name is told', () => {
  expect(unknown('libhelo', 'bookworm', 'LIBHELLO', 'stable', 'zlib')).toEqual([
    { name: 'libhelo', near: 'libhello' },
    { name: 'bookworm', near: 'debian:bookworm' },
    { name: 'LIBHELLO', near: 'libhello' },
    { name: 'stable', near: undefined },
    { name: 'zlib', near: undefined },
  ]);
});
