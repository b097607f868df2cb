import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveInRoot } from './paths.ts';

let outer: string;
let root: string;
beforeAll(() => {
  outer = mkdtempSync(join(tmpdir(), 'holdfast-paths-'));
  root = join(outer, 'root');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  writeFileSync(join(root, 'a/file'), '');
  const links = {
    absolute: '/a/b',
    relative: 'a/b',
    up: '../../../../a',
    out: '../../../../../etc',
    'a/back': '..',
    'a/b/two': '../../absolute/../b',
    loop: 'loop',
    dangling: '/new/place',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name));
});
afterAll(() => rmSync(outer, { recursive: true }));

test.each([
  ['/', '/'],
  ['', '/'],
  ['a//b/./', '/a/b'],
  ['/absolute/x', '/a/b/x'],
  ['/relative/../file', '/a/file'],
  ['/up/b', '/a/b'],
  ['/out/passwd', '/etc/passwd'],
  ['/../../etc', '/etc'],
  ['/a/b/two/x', '/a/b/x'],
  ['/dangling/file', '/new/place/file'],
  ['/missing/../a', '/a'],
  ['/a/file/below', '/a/file/below'],
])('%s resolves to %s', (path, resolved) => expect(resolveInRoot(root, path)).toBe(resolved));

test('the last link can be left unfollowed', () => {
  expect(resolveInRoot(root, '/a/back/absolute', { followLast: false })).toBe('/absolute');
  expect(resolveInRoot(root, '/absolute/', { followLast: false })).toBe('/absolute');
});

test('a loop is an error', () =>
  expect(() => resolveInRoot(root, '/loop/x')).toThrow(
    expect.objectContaining({ code: 'SANDBOX_PATH_LOOP', exit: 6 }),
  ));

test('what is resolved has no links and no way out, and resolves to itself', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    '..',
    '.',
    '',
    'absolute',
    'relative',
    'up',
    'out',
    'back',
    'two',
    'dangling',
    'x',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), parts => {
      const resolved = resolveInRoot(root, parts.join('/'));
      expect(resolved).toMatch(/^\/([^/]+(\/[^/]+)*)?$/);
      expect(resolved.split('/')).not.toContain('..');
      expect(resolveInRoot(root, resolved)).toBe(resolved);
    }),
  );
});
