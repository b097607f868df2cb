import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { canBeRoot, temporaryDirectory } from '../filesystem/testing.ts';
import { inChunks, tarBytes, tarFile, tarNode } from '../tar/testing.ts';
import type { TarFile } from '../tar/index.ts';
import { extractLayer } from './extract.ts';

const isRoot = canBeRoot('layer extraction');
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

async function extract(directory: string, entries: Iterable<TarFile>, userxattr = false) {
  mkdirSync(directory, { recursive: true });
  return extractLayer({ source: inChunks(await tarBytes(entries)), directory, userxattr });
}

function isWhiteout(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isCharacterDevice() && stat.rdev === 0;
}

function xattrsOf(path: string): string {
  return execFileSync('getfattr', ['-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', path]).toString();
}

describe.skipIf(!isRoot)('extractLayer', () => {
  test('keeps owners, setuid, times, attributes, hard links, fifos, devices and raw names', async () => {
    using dir = temporaryDirectory();
    const result = await extract(dir.path, [
      tarNode('directory', '.', { mode: 0o711, mtime: 1 }),
      tarNode('directory', 'd', { mode: 0o2550, uid: 5, gid: 6, mtime: 1000 }),
      tarFile('d/suid', 'x', { mode: 0o4755, uid: 33, gid: 44, mtime: 2000 }),
      tarFile('d/ping', 'y', { xattrs: new Map([['security.capability', capability]]), uid: 1 }),
      tarNode('link', 'd/hard', { target: './d/suid' }),
      tarNode('symlink', 'd/soft', { target: '/etc/passwd', uid: 7, mtime: 3000 }),
      tarNode('link', 'd/hard-to-soft', { target: 'd/soft' }),
      tarNode('fifo', 'd/fifo', { mode: 0o620, mtime: 4000 }),
      tarNode('char', 'd/null', { device: { major: 1, minor: 3 }, mode: 0o666 }),
      tarFile(Buffer.from('d/\xff\xfe\n', 'latin1'), 'raw'),
      tarFile('implied/by/its/name', 'z'),
    ]);
    expect(result).toMatchObject({ entries: 11, skipped: [] });
    const stat = (path: string) => lstatSync(join(dir.path, path));
    expect(stat('.').mode & 0o7777).toBe(0o711);
    expect([stat('.').mtimeMs, stat('d').mtimeMs]).toEqual([1000, 1_000_000]);
    expect([stat('d').mode & 0o7777, stat('d').uid, stat('d').gid]).toEqual([0o2550, 5, 6]);
    expect([stat('d/suid').mode & 0o7777, stat('d/suid').uid, stat('d/suid').gid]).toEqual([0o4755, 33, 44]);
    expect(stat('d/hard').ino).toBe(stat('d/suid').ino);
    expect([stat('d/soft').uid, stat('d/soft').mtimeMs]).toEqual([7, 3_000_000]);
    expect(stat('d/hard-to-soft').ino).toBe(stat('d/soft').ino);
    expect([stat('d/fifo').isFIFO(), stat('d/fifo').mode & 0o7777, stat('d/fifo').mtimeMs]).toEqual([
      true,
      0o620,
      4_000_000,
    ]);
    expect(stat('d/null').rdev).toBe(0x103);
    expect(xattrsOf(join(dir.path, 'd/ping'))).toContain(
      `security.capability=0x${capability.toString('hex')}`,
    );
    expect(readdirSync(join(dir.path, 'd'), 'latin1')).toContain('\xff\xfe\n');
    expect(stat('implied/by').mode & 0o7777).toBe(0o755);
    expect(readdirSync(dir.path).toSorted()).toEqual(['d', 'implied']);
  });

  test('the diff ID is the digest of the plain archive, however it is compressed', async () => {
    const archive = await tarBytes([tarFile('a', 'x'.repeat(100_000))]);
    // Trailing bytes after the end marker are part of the stream.
    const padded = Buffer.concat([archive, Buffer.alloc(8192)]);
    const diffId = `sha256:${createHash('sha256').update(padded).digest('hex')}`;
    for (const blob of [padded, gzipSync(padded), zstdCompressSync(padded)]) {
      using dir = temporaryDirectory();
      const result = await extractLayer({
        source: inChunks(blob, 999),
        directory: dir.path,
        userxattr: false,
      });
      expect(result.diffId).toBe(diffId);
    }
  });

  test.each([false, true])(
    'whiteouts and opaque directories take the form of overlayfs (userxattr %s)',
    async user => {
      using dir = temporaryDirectory();
      await extract(
        dir.path,
        [
          tarNode('directory', 'd'),
          tarFile('d/.wh..wh..opq'),
          tarFile('d/new'),
          tarFile('.wh.gone'),
          tarFile('e/.wh.also gone'),
          tarFile('.wh..wh.plnk/1.2', 'aufs'),
          tarFile('.wh..wh.aufs', 'aufs'),
        ],
        user,
      );
      expect(readdirSync(dir.path).toSorted()).toEqual(['d', 'e', 'gone']);
      expect(isWhiteout(join(dir.path, 'gone'))).toBe(true);
      expect(isWhiteout(join(dir.path, 'e/also gone'))).toBe(true);
      expect(xattrsOf(join(dir.path, 'd'))).toContain(`${user ? 'user' : 'trusted'}.overlay.opaque=0x79`);
      expect(readdirSync(join(dir.path, 'd'))).toEqual(['new']);
    },
  );

  test.each([
    ['whiteout first', [tarFile('.wh.x'), tarNode('directory', 'x'), tarFile('x/new')]],
    ['whiteout last', [tarNode('directory', 'x'), tarFile('x/new'), tarFile('.wh.x')]],
    ['directory implied', [tarFile('.wh.x'), tarFile('x/new')]],
    ['mark before the directory', [tarFile('x/.wh..wh..opq'), tarNode('directory', 'x'), tarFile('x/new')]],
  ])('a directory beside its own whiteout is opaque: %s', async (_order, entries) => {
    using dir = temporaryDirectory();
    await extract(dir.path, entries);
    expect(xattrsOf(join(dir.path, 'x'))).toContain('trusted.overlay.opaque=0x79');
    expect(readdirSync(join(dir.path, 'x'))).toEqual(['new']);
  });

  test('a file beside its own whiteout stays', async () => {
    using dir = temporaryDirectory();
    await extract(dir.path, [tarFile('.wh.a'), tarFile('a', '1'), tarFile('b', '2'), tarFile('.wh.b')]);
    expect(readFileSync(join(dir.path, 'a'), 'utf8') + readFileSync(join(dir.path, 'b'), 'utf8')).toBe('12');
  });

  test('a whiteout may be there twice', async () => {
    using dir = temporaryDirectory();
    await extract(dir.path, [
      tarFile('.wh.a'),
      tarFile('.wh.a'),
      tarNode('symlink', '.wh.a', { target: 'x' }),
    ]);
    expect(isWhiteout(join(dir.path, 'a'))).toBe(true);
  });

  test('the kernel reads it as meant', async () => {
    using dir = temporaryDirectory();
    const at = (name: string) => join(dir.path, name);
    await extract(at('lower'), [tarFile('gone'), tarFile('kept'), tarFile('d/old'), tarFile('e/old')]);
    await extract(at('upper'), [
      tarFile('.wh.gone'),
      tarFile('d/.wh..wh..opq'),
      tarFile('d/new'),
      tarFile('e/new'),
    ]);
    mkdirSync(at('merged'));
    const script = `mount -t overlay o -o lowerdir=${at('upper')}:${at('lower')} ${at('merged')} && cd ${at('merged')} && find . | sort`;
    const listing = execFileSync('unshare', ['-m', 'sh', '-c', script]).toString();
    expect(listing.trim().split('\n')).toEqual([
      '.',
      './d',
      './d/new',
      './e',
      './e/new',
      './e/old',
      './kept',
    ]);
  });

  test('more whiteouts than a file may have links', { timeout: 120_000 }, async () => {
    using dir = temporaryDirectory();
    await extract(
      dir.path,
      Array.from({ length: 66_000 }, (_, at) => tarFile(`.wh.${at}`)),
    );
    expect(readdirSync(dir.path)).toHaveLength(66_000);
    expect(isWhiteout(join(dir.path, '65999'))).toBe(true);
  });

  test('the last of equal names wins', async () => {
    using dir = temporaryDirectory();
    await extract(dir.path, [
      tarFile('a', 'first', { xattrs: new Map([['user.first', Buffer.from('1')]]) }),
      tarFile('a', 'second', { xattrs: new Map([['user.second', Buffer.from('2')]]) }),
      tarNode('symlink', 'b', { target: '/etc' }),
      tarNode('directory', 'b'),
      tarFile('b/passwd', 'inside'),
      tarNode('directory', 'c', { mode: 0o700 }),
      tarNode('directory', 'c', { mode: 0o750 }),
    ]);
    expect(readFileSync(join(dir.path, 'a'), 'utf8')).toBe('second');
    expect(xattrsOf(join(dir.path, 'a'))).not.toContain('first');
    expect(readFileSync(join(dir.path, 'b/passwd'), 'utf8')).toBe('inside');
    expect(statSync(join(dir.path, 'c')).mode & 0o777).toBe(0o750);
  });

  test("overlayfs' own attributes are left out and reported", async () => {
    using dir = temporaryDirectory();
    const xattrs = new Map([
      ['trusted.overlay.redirect', Buffer.from('/etc')],
      ['user.overlay.opaque', Buffer.from('y')],
      ['user.fine', Buffer.from('1')],
    ]);
    const { skipped } = await extract(dir.path, [tarNode('directory', 'd', { xattrs })]);
    expect(skipped.map(({ path }) => path)).toEqual(['d', 'd']);
    expect(xattrsOf(join(dir.path, 'd'))).not.toContain('overlay');
    expect(xattrsOf(join(dir.path, 'd'))).toContain('user.fine=0x31');
  });

  test('what the system refuses is skipped and reported', async () => {
    using dir = temporaryDirectory();
    const xattrs = new Map([['user.x', Buffer.from('1')]]);
    const { skipped } = await extract(dir.path, [
      tarNode('symlink', 'l', { target: 'x', xattrs }),
      tarFile('f'),
    ]);
    expect(skipped).toEqual([{ path: 'l', reason: 'an extended attribute: Operation not permitted' }]);
  });
});

const asUser = '/usr/bin/unshare';
describe.skipIf(!isRoot || !existsSync(asUser))('in a user namespace', () => {
  test('devices are skipped and reported, whiteouts are made', async () => {
    using dir = temporaryDirectory();
    const layer = join(dir.path, 'layer');
    mkdirSync(layer);
    const archive = join(dir.path, 'layer.tar');
    writeFileSync(
      archive,
      await tarBytes([
        tarNode('char', 'null'),
        tarNode('fifo', 'fifo'),
        tarFile('.wh.x'),
        tarFile('d/.wh..wh..opq'),
      ]),
    );
    const script = `
      import { createReadStream } from 'node:fs';
      const { extractLayer } = await import(${JSON.stringify(join(import.meta.dirname, 'extract.ts'))});
      const source = createReadStream(${JSON.stringify(archive)});
      const { skipped } = await extractLayer({ source, directory: ${JSON.stringify(layer)}, userxattr: true });
      console.log(JSON.stringify(skipped));
    `;
    const output = execFileSync(
      asUser,
      ['--user', '--map-root-user', process.execPath, '--input-type=module', '-e', script],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    expect(JSON.parse(output.toString())).toEqual([{ path: 'null', reason: 'devices cannot be made here' }]);
    expect(readdirSync(layer).toSorted()).toEqual(['d', 'fifo', 'x']);
    expect(isWhiteout(join(layer, 'x'))).toBe(true);
    expect(xattrsOf(join(layer, 'd'))).toContain('user.overlay.opaque=0x79');
  });
});
