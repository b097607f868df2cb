import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarBytes, tarEntries, tarFile, tarNode } from './testing.ts';

/** GNU tar is the oracle in both directions. Owners and devices need root. */
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('GNU tar oracle: skipped, it needs root\n');

const capability = Buffer.from('0100000200200000ff00000000000000fe000000', 'hex');

describe.skipIf(!isRoot)('GNU tar', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'holdfast-tar-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const long = 'l'.repeat(200);
  const deep = Array.from({ length: 12 }, (_, at) => `directory-number-${at}`).join('/');

  test('reads what is written here', async () => {
    const archive = await tarBytes([
      tarNode('directory', 'd', { mode: 0o2755, mtime: 1000 }),
      tarFile(`d/${long}`, 'long name', { mode: 0o4755, uid: 3_000_000, gid: 4_000_000_000 }),
      tarFile('d/ümläut', 'x'.repeat(513), { mtime: 10_000_000_000 }),
      tarFile('d/capable', 'cap', { xattrs: new Map([['security.capability', capability]]) }),
      tarFile('d/old', 'old', { mtime: -86_400 }),
      tarNode('link', 'd/hard', { target: `d/${long}` }),
      tarNode('symlink', 'd/soft', { target: `../${long}`, mode: 0o777 }),
      tarNode('fifo', 'd/fifo'),
      tarNode('char', 'd/null', { device: { major: 1, minor: 3 } }),
      tarFile(`${deep}/file`, 'deep'),
    ]);
    const root = join(dir, 'out');
    mkdirSync(root);
    execFileSync('tar', ['-x', '-p', '--numeric-owner', '--xattrs', '--xattrs-include=*', '-C', root], {
      stdio: ['pipe', 'ignore', 'ignore'],
      input: archive,
    });
    const stat = (path: string) => lstatSync(join(root, path));
    expect(stat('d').mode & 0o7777).toBe(0o2755);
    expect(stat('d').mtimeMs).toBe(1_000_000);
    expect([stat(`d/${long}`).uid, stat(`d/${long}`).gid]).toEqual([3_000_000, 4_000_000_000]);
    expect(stat(`d/${long}`).mode & 0o7777).toBe(0o4755);
    expect(readFileSync(join(root, `d/${long}`), 'utf8')).toBe('long name');
    expect(stat('d/hard').ino).toBe(stat(`d/${long}`).ino);
    expect(readlinkSync(join(root, 'd/soft'))).toBe(`../${long}`);
    expect(readFileSync(join(root, 'd/ümläut'), 'utf8')).toBe('x'.repeat(513));
    expect(stat('d/ümläut').mtimeMs).toBe(10_000_000_000_000);
    expect(stat('d/old').mtimeMs).toBe(-86_400_000);
    expect(stat('d/fifo').isFIFO()).toBe(true);
    expect(stat('d/null').rdev).toBe((1 << 8) | 3);
    expect(readFileSync(join(root, deep, 'file'), 'utf8')).toBe('deep');
    const shown = execFileSync('getfattr', ['-d', '-m', '-', '-e', 'hex', join(root, 'd/capable')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(shown.toString()).toContain(`security.capability=0x${capability.toString('hex')}`);
  });

  test.each(['gnu', 'pax', 'posix', 'ustar', 'oldgnu', 'v7'])(
    'writes %s, which is read here',
    async format => {
      const root = join(dir, `in-${format}`);
      // v7 and ustar cannot hold all that the others can.
      const limited = format === 'v7' || format === 'ustar';
      const name = limited ? 'n'.repeat(90) : long;
      mkdirSync(join(root, 'd'), { recursive: true });
      writeFileSync(join(root, 'd', name), 'content');
      chmodSync(join(root, 'd', name), 0o4711);
      linkSync(join(root, 'd', name), join(root, 'd/z-hard'));
      symlinkSync(limited ? 'short' : `${long}/${long}`, join(root, 'd/soft'));
      writeFileSync(join(root, 'd/big-id'), '');
      if (!limited) execFileSync('chown', ['3000000:4000000', join(root, 'd/big-id')]);
      lutimesSync(join(root, 'd/big-id'), 1_234_567_890, 1_234_567_890);
      if (format === 'pax') {
        execFileSync('setfattr', [
          '-n',
          'security.capability',
          '-v',
          `0x${capability.toString('hex')}`,
          join(root, 'd', name),
        ]);
      }
      const xattrs = format === 'pax' ? ['--xattrs', '--xattrs-include=*'] : [];
      const archive = execFileSync(
        'tar',
        ['-c', `--format=${format}`, ...xattrs, '--sort=name', '-C', root, 'd'],
        {
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      const entries = new Map(
        (await tarEntries(archive, 1000)).map(entry => [entry.header.path.toString(), entry]),
      );
      expect([...entries.keys()].toSorted()).toEqual(
        ['d', ...readdirSync(join(root, 'd')).map(child => `d/${child}`)].toSorted(),
      );
      const file = entries.get(`d/${name}`);
      expect(file?.content.toString()).toBe('content');
      expect(file?.header.mode).toBe(0o4711);
      expect(file?.header.xattrs.get('security.capability')).toEqual(
        format === 'pax' ? capability : undefined,
      );
      expect(entries.get('d/z-hard')?.header).toMatchObject({
        type: 'link',
        target: Buffer.from(`d/${name}`),
      });
      expect(entries.get('d/soft')?.header.target.toString()).toBe(limited ? 'short' : `${long}/${long}`);
      expect(entries.get('d/big-id')?.header).toMatchObject({
        uid: limited ? 0 : 3_000_000,
        gid: limited ? 0 : 4_000_000,
        mtime: 1_234_567_890,
      });
      expect(entries.get('d')?.header.type).toBe('directory');
    },
  );

  test.each(['gnu', 'pax'])('writes a sparse file as %s, which is refused', async format => {
    const file = join(dir, `sparse-${format}`);
    execFileSync('truncate', ['-s', '1M', file]);
    const archive = execFileSync('tar', ['-c', '-S', `--format=${format}`, '-C', dir, `sparse-${format}`]);
    await expect(tarEntries(archive)).rejects.toMatchObject({ code: 'TAR_SPARSE' });
  });
});
