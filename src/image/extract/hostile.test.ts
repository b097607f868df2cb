import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canBeRoot, snapshot, temporaryDirectory } from '../filesystem/testing.ts';
import { tarOf, type TarFile as RawFile } from '../../../testkit/tar.ts';
import { formatPax } from '../tar/pax.ts';
import { inChunks, tarBytes, tarFile, tarNode } from '../tar/testing.ts';
import type { TarFile } from '../tar/index.ts';
import { extractLayer } from './extract.ts';

const isRoot = canBeRoot('hostile layers');

async function extract(directory: string, entries: Iterable<TarFile>) {
  mkdirSync(directory, { recursive: true });
  return extractLayer({ source: inChunks(await tarBytes(entries)), directory, userxattr: false });
}

describe.skipIf(!isRoot)('hostile layers', () => {
  const link = (target: string, path = 'l') => tarNode('link', path, { target });
  const soft = (target: string, path = 's') => tarNode('symlink', path, { target });

  test.each<[string, readonly TarFile[]]>([
    ['..', [tarFile('../outside')]],
    ['a/../../outside', [tarFile('a/../../outside')]],
    ['d/.. as a directory', [tarNode('directory', 'd/..')]],
    ['an absolute name', [tarFile('/outside')]],
    ['a symlink as parent', [soft('../..'), tarFile('s/outside')]],
    [
      'a symlink as parent, deeper',
      [tarNode('directory', 'd'), soft('/', 'd/s'), tarFile('d/s/tmp/outside')],
    ],
    ['a symlink to a directory of the layer', [tarNode('directory', 'd'), soft('d'), tarFile('s/f')]],
    ['a directory through a symlink', [soft('..'), tarNode('directory', 's/outside')]],
    ['a whiteout through a symlink', [soft('..'), tarFile('s/.wh.outside')]],
    ['an opaque mark through a symlink', [soft('..'), tarFile('s/.wh..wh..opq')]],
    ['a file as parent', [tarFile('f'), tarFile('f/g')]],
    ['a fifo as parent', [tarNode('fifo', 'f'), tarFile('f/g')]],
    ['a hard link as parent', [soft('..'), link('s'), tarFile('l/outside')]],
    ['a hard link out', [link('../secret')]],
    ['an absolute hard link', [link('/etc/passwd')]],
    ['a hard link through a symlink', [soft('..'), link('s/secret')]],
    ['a hard link to nothing', [link('nothing')]],
    ['a hard link to a directory', [tarNode('directory', 'd'), link('d')]],
    ['a hard link to the root', [link('.')]],
    ['a hard link to itself', [tarFile('l'), link('l')]],
    ['a hard link to a whiteout', [tarFile('.wh.w'), link('w')]],
    ['a file over a directory', [tarFile('d/f'), tarFile('d')]],
    ['a symlink over a directory', [tarNode('directory', 'd'), soft('..', 'd'), tarFile('d/outside')]],
    ['a symlink over the root', [soft('..', '.')]],
    ['a whiteout of nothing', [tarFile('.wh.')]],
    ['a whiteout of ..', [tarFile('.wh...')]],
    ['a whiteout of .', [tarFile('d/.wh..')]],
    ['a file below a whiteout marker', [tarFile('.wh.x/f')]],
    ['a device 0:0', [tarNode('char', 'c', { device: { major: 0, minor: 0 } })]],
    ['a name of 300 bytes', [tarFile('n'.repeat(300))]],
    ['a path of 6000 bytes', [tarFile('deep/'.repeat(1200))]],
  ])('%s is refused and touches nothing outside', async (_what, entries) => {
    using dir = temporaryDirectory();
    writeFileSync(join(dir.path, 'secret'), 'untouched');
    const layer = join(dir.path, 'layer');
    await expect(extract(layer, entries)).rejects.toMatchObject({ code: 'TAR_UNSAFE', exit: 4 });
    expect(readdirSync(dir.path).toSorted()).toEqual(['layer', 'secret']);
    expect(lstatSync(join(dir.path, 'secret')).nlink).toBe(1);
    expect(existsSync('/outside')).toBe(false);
    expect(readdirSync(layer)).not.toContain('.wh..wh.holdfast-whiteout');
  });

  const pax = (records: Readonly<Record<string, string>>, type = 'x'): RawFile => {
    const values = Object.entries(records).map(([name, value]) => [name, Buffer.from(value)] as const);
    return { path: 'pax', type, content: formatPax(new Map(values)) };
  };
  const gnu = (type: string, name: string): RawFile => ({
    path: '././@LongLink',
    type,
    content: Buffer.from(`${name}\0`),
  });
  const file: RawFile = { path: 'f' };
  const hardLink: RawFile = { path: 'l', type: '1', link: 'f' };

  test.each<[string, string, readonly RawFile[]]>([
    ['a path of PAX', 'TAR_UNSAFE', [pax({ path: '../outside' }), file]],
    ['a path of PAX for all', 'TAR_UNSAFE', [pax({ path: '/outside' }, 'g'), file]],
    ['a path of PAX with a NUL', 'TAR_HEADER', [pax({ path: 'a\0b' }), file]],
    ['a target of PAX', 'TAR_UNSAFE', [file, pax({ linkpath: '../secret' }), hardLink]],
    ['a long path of GNU', 'TAR_UNSAFE', [gnu('L', '../outside'), file]],
    ['a long target of GNU', 'TAR_UNSAFE', [file, gnu('K', '../secret'), hardLink]],
    ['a path of PAX over one of GNU', 'TAR_UNSAFE', [gnu('L', 'good'), pax({ path: '../outside' }), file]],
    [
      'a name of a sparse file',
      'TAR_SPARSE',
      [pax({ 'GNU.sparse.major': '1', 'GNU.sparse.name': '../outside' }), file],
    ],
    [
      'a size that hides an entry in a content',
      'TAR_UNSAFE',
      [pax({ size: '0' }), { path: 'f', content: tarOf([{ path: '../outside' }]).subarray(0, 512) }],
    ],
    ['a negative size', 'TAR_NUMBER', [pax({ size: '-1' }), file]],
    ['a size past the end', 'TAR_TRUNCATED', [pax({ size: '99999999' }), file]],
  ])('%s is refused: %s', async (_what, code, entries) => {
    using dir = temporaryDirectory();
    writeFileSync(join(dir.path, 'secret'), 'untouched');
    const layer = join(dir.path, 'layer');
    mkdirSync(layer);
    const source = inChunks(tarOf(entries));
    await expect(extractLayer({ source, directory: layer, userxattr: false })).rejects.toMatchObject({
      code,
    });
    expect(readdirSync(dir.path).toSorted()).toEqual(['layer', 'secret']);
    expect(lstatSync(join(dir.path, 'secret')).nlink).toBe(1);
    expect(existsSync('/outside')).toBe(false);
  });

  test('an attribute with a name of several lines is one attribute of its file', async () => {
    using dir = temporaryDirectory();
    const secret = join(dir.path, 'secret');
    writeFileSync(secret, '');
    const name = `user.a\n\n# file: ${secret}\nuser.b`;
    await extract(join(dir.path, 'layer'), [
      tarFile('f', '', { xattrs: new Map([[name, Buffer.from('1')]]) }),
    ]);
    const list = (path: string) =>
      execFileSync('getfattr', ['-d', '-m', '-', '--absolute-names', path]).toString();
    expect(list(secret)).toBe('');
    expect(list(join(dir.path, 'layer', 'f')).match(/^user\..*=/gm)).toHaveLength(1);
  });

  test('the refusal names the entry', async () => {
    using dir = temporaryDirectory();
    await expect(extract(dir.path, [tarFile('a/../../b\n')])).rejects.toThrow('"a/../../b\\n"');
  });

  test('a symlink is not written through, nor are its mode and owner passed on', async () => {
    using dir = temporaryDirectory();
    const secret = join(dir.path, 'secret');
    writeFileSync(secret, 'untouched', { mode: 0o600 });
    const layer = join(dir.path, 'layer');
    await extract(layer, [
      tarNode('symlink', 's', { target: secret, mode: 0o4777, uid: 42 }),
      tarFile('s', 'the file itself'),
    ]);
    expect(readFileSync(secret, 'utf8')).toBe('untouched');
    expect(lstatSync(secret)).toMatchObject({ uid: 0, mode: 0o100600 });
    expect(Object.keys(await snapshot(layer))).toEqual(['s']);
  });

  test('a directory that holds something is not taken', async () => {
    using dir = temporaryDirectory();
    writeFileSync(join(dir.path, 'x'), '');
    await expect(extract(dir.path, [])).rejects.toThrow('is not empty');
  });

  test('limits are passed on', async () => {
    using dir = temporaryDirectory();
    const source = () => tarBytes([tarFile('a', 'x'.repeat(5000)), tarFile('b')]);
    const run = async (limits: { bytes?: number; entries?: number }) =>
      extractLayer({ source: inChunks(await source()), directory: dir.path, userxattr: false, limits });
    await expect(run({ bytes: 3000 })).rejects.toMatchObject({ code: 'LAYER_TOO_LARGE' });
    execFileSync('rm', ['-rf', join(dir.path, 'a')]);
    await expect(run({ entries: 1 })).rejects.toMatchObject({ code: 'TAR_TOO_MANY' });
  });
});
