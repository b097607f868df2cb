import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sha256 } from '../core/index.ts';
import { compareLayers, type LayerSource } from './compare.ts';
import { inChunks, tarBytes, tarFile, tarNode } from './tar/testing.ts';
import type { TarFile } from './tar/index.ts';

async function layer(entries: TarFile[], compressed = false): Promise<LayerSource> {
  const archive = await tarBytes(entries);
  return { diffId: sha256(archive), open: () => inChunks(compressed ? gzipSync(archive) : archive) };
}

const texts = async (a: LayerSource[], b: LayerSource[]) =>
  (await compareLayers(a, b)).map(({ layer: at, path, kind, cause }) => `${at} ${path} ${kind} ${cause}`);

test('every kind of difference, each with a cause', async () => {
  const same = tarFile('same', 'x');
  const a = await layer([
    same,
    tarFile('etc/machine-id', 'a'),
    tarFile('built', 'at 2026-01-01'),
    tarFile('mode', '', { mode: 0o644 }),
    tarFile('owner', '', { uid: 1 }),
    tarFile('time', '', { mtime: 1 }),
    tarFile('type', ''),
    tarNode('symlink', 'link', { target: 'a' }),
    tarNode('char', 'device', { device: { major: 1, minor: 1 } }),
    tarFile('attribute', '', { xattrs: new Map([['user.x', Buffer.from('1')]]) }),
    tarFile('gone'),
    tarFile('several', '1', { mode: 0o600, uid: 3 }),
  ]);
  const b = await layer(
    [
      same,
      tarFile('etc/machine-id', 'b'),
      tarFile('built', 'at 2026-01-02'),
      tarFile('mode', '', { mode: 0o600 }),
      tarFile('owner', '', { gid: 1 }),
      tarFile('time', '', { mtime: 2 }),
      tarNode('directory', 'type'),
      tarNode('symlink', 'link', { target: 'b' }),
      tarNode('char', 'device', { device: { major: 1, minor: 2 } }),
      tarFile('attribute', '', { xattrs: new Map([['user.x', Buffer.from('2')]]) }),
      tarFile('new'),
      tarFile('several', '22', { mode: 0o644 }),
    ],
    true,
  );
  expect(await texts([a], [b])).toEqual([
    '0 attribute xattr unknown',
    '0 built content clock',
    '0 device content unknown',
    '0 etc/machine-id content machine id',
    '0 gone removed unknown',
    '0 link content unknown',
    '0 mode mode unknown',
    '0 new added unknown',
    '0 owner owner unknown',
    '0 several content unknown',
    '0 several mode unknown',
    '0 several owner unknown',
    '0 time mtime clock',
    '0 type type unknown',
  ]);
});

test('layers of equal diff IDs are not read, missing ones are empty', async () => {
  const unread: LayerSource = {
    diffId: sha256('x'),
    open: () => {
      throw new Error('read');
    },
  };
  const extra = await layer([tarFile('extra')]);
  expect(await texts([unread, extra], [unread])).toEqual(['1 extra removed unknown']);
  expect(await texts([unread], [unread, extra])).toEqual(['1 extra added unknown']);
});

test('a difference of order or form alone is said', async () => {
  const [x, y] = [tarFile('x'), tarNode('directory', './y')];
  const reordered = await texts([await layer([x, y])], [await layer([tarNode('directory', 'y'), x])]);
  expect(reordered).toEqual(['0 . archive order']);
});

test('damaged layers are an error', async () => {
  const damaged: LayerSource = { diffId: sha256('x'), open: () => inChunks(Buffer.alloc(700, '7')) };
  await expect(compareLayers([damaged], [])).rejects.toMatchObject({ code: 'TAR_CHECKSUM' });
});
