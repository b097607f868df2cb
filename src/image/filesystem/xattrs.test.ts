import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteString, within } from './byte-string.ts';
import { temporaryDirectory } from './testing.ts';
import { isOpaque, isOverlayXattr, readTreeXattrs, readXattrs, removeXattr, writeXattrs } from './xattrs.ts';

const name = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map(bytes => byteString(Buffer.from(bytes.map(byte => (byte === 0 || byte === 0x2f ? 0x5f : byte)))))
  .filter(text => text !== '.' && text !== '..');

test('attributes of any name and any value come back from files of any name', async () => {
  await fc.assert(
    fc.asyncProperty(name, name, fc.uint8Array({ maxLength: 200 }), async (file, attribute, value) => {
      using dir = temporaryDirectory();
      writeFileSync(within(dir.path)(file), '');
      const xattrs = new Map([[`user.${attribute}`, Buffer.from(value)]]);
      expect(await writeXattrs(dir.path, [{ path: file, xattrs }])).toEqual([]);
      expect((await readTreeXattrs(dir.path)).get(file)).toEqual(xattrs);
      expect((await readXattrs(dir.path, [file])).get(file)).toEqual(xattrs);
    }),
    { numRuns: 25 },
  );
});

test('one attribute goes, the others stay', async () => {
  using dir = temporaryDirectory();
  const file = '\xff\n-';
  writeFileSync(within(dir.path)(file), '');
  const xattrs = new Map([
    ['user.gone', Buffer.alloc(0)],
    ['user.kept', Buffer.alloc(3)],
  ]);
  await writeXattrs(dir.path, [{ path: file, xattrs }]);
  await removeXattr(dir.path, 'user.gone', [file]);
  expect([...((await readTreeXattrs(dir.path)).get(file) ?? [])]).toEqual([['user.kept', Buffer.alloc(3)]]);
});

test('what getfattr itself reads is what was set', async () => {
  using dir = temporaryDirectory();
  writeFileSync(join(dir.path, 'f'), '');
  await writeXattrs(dir.path, [{ path: 'f', xattrs: new Map([['user.k', Buffer.from('a\n=b')]]) }]);
  const value = execFileSync('getfattr', [
    '--only-values',
    '-n',
    'user.k',
    '--absolute-names',
    join(dir.path, 'f'),
  ]);
  expect(value.toString()).toBe('a\n=b');
});

test('refusals are returned, the others are set; symbolic links are not followed', async () => {
  using dir = temporaryDirectory();
  writeFileSync(join(dir.path, 'f'), '');
  symlinkSync('f', join(dir.path, 'l'));
  const xattrs = new Map([['user.k', Buffer.from('1')]]);
  const refusals = await writeXattrs(dir.path, [
    { path: 'l', xattrs },
    { path: 'f', xattrs },
  ]);
  expect(refusals).toEqual([{ path: 'l', reason: 'Operation not permitted' }]);
  expect([...(await readTreeXattrs(dir.path)).keys()]).toEqual(['f']);
});

test("overlayfs' own attributes are told from others", () => {
  const own = ['trusted.overlay.opaque', 'user.overlay.redirect', 'user.fuseoverlayfs.opaque'];
  const others = ['trusted.overlayx', 'user.overlay', 'security.capability', 'user.my.trusted.overlay.x'];
  expect(own.every(isOverlayXattr)).toBe(true);
  expect(others.some(isOverlayXattr)).toBe(false);
});

test.each([
  ['trusted.overlay.opaque', 'y', true],
  ['user.overlay.opaque', 'y', true],
  ['trusted.overlay.opaque', 'x', false],
  ['user.my.overlay.opaque', 'y', false],
])('a directory with %s=%s is opaque: %s', (name, value, opaque) => {
  expect(isOpaque(new Map([[name, Buffer.from(value)]]))).toBe(opaque);
});
