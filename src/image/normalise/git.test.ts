import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sourceDate } from '../diff/testing.ts';
import { canBeRoot, temporaryDirectory } from '../filesystem/testing.ts';
import { tarFile } from '../tar/testing.ts';
import { indexWithoutStats } from './git-index.ts';
import { layerOf } from './testing.ts';

const isRoot = canBeRoot('rules for git');

function git(directory: string, ...args: string[]): string {
  const settings = ['-c', 'user.name=Kelp', '-c', 'user.email=kelp@example.org', '-C', directory];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', [...settings, ...args], { env, stdio: 'pipe' }).toString();
}

/** A repository with a commit of a few files, names long and short, and one file that is only meant to be added. */
function repository(format: string, version: number) {
  const { path, [Symbol.dispose]: remove } = temporaryDirectory();
  git(path, 'init', '-q', `--object-format=${format}`);
  const names = ['a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'abcdefg', 'z'.repeat(200), 'ä b'];
  for (const name of names) writeFileSync(join(path, name), name);
  git(path, 'add', '.');
  git(path, 'commit', '-qm', 'One');
  writeFileSync(join(path, 'later'), 'x');
  if (version > 2) git(path, 'add', '--intent-to-add', 'later');
  git(path, 'update-index', `--index-version=${version}`);
  return { path, index: join(path, '.git', 'index'), names, [Symbol.dispose]: remove };
}

/** The stat data of an entry as `git ls-files --debug` prints it. */
const volatile = /ctime: (\d+:\d+)\n\s+mtime: (\d+:\d+)\n\s+dev: (\d+)\s+ino: (\d+)/g;

describe.each([
  ['sha1', 2],
  ['sha1', 3],
  ['sha1', 4],
  ['sha256', 2],
  ['sha256', 4],
])('an index of %s, version %i', (format, version) => {
  test('holds no times, inodes and devices, is whole, and git works with it', () => {
    using work = repository(format, version);
    const before = readFileSync(work.index);
    expect(before.readUInt32BE(4)).toBe(version);
    const [status, staged] = [
      git(work.path, 'status', '--porcelain'),
      git(work.path, 'ls-files', '--stage', '-v'),
    ];
    const after = indexWithoutStats(before);
    writeFileSync(work.index, after ?? '');
    const shown = [...git(work.path, 'ls-files', '--debug').matchAll(volatile)];
    expect(shown.length).toBe(work.names.length + (version > 2 ? 1 : 0));
    for (const [, ...values] of shown) expect(values).toEqual(['0:0', '0:0', '0', '0']);
    expect(git(work.path, 'ls-files', '--stage', '-v')).toBe(staged);
    expect(git(work.path, 'fsck', '--strict')).toBe('');
    expect(git(work.path, 'status', '--porcelain')).toBe(status);
    // It found out by reading; a change is still seen, though size and time stay.
    writeFileSync(join(work.path, 'abc'), 'ABC');
    writeFileSync(work.index, after ?? '');
    expect(git(work.path, 'diff', '--name-only')).toContain('abc\n');
    git(work.path, 'commit', '-qam', 'Two');
    expect(git(work.path, 'show', 'HEAD:abc')).toBe('ABC');
  });

  test('is the same whenever and wherever the files were checked out', () => {
    using one = repository(format, version);
    using two = repository(format, version);
    const [a, b] = [readFileSync(one.index), readFileSync(two.index)];
    expect(a.equals(b)).toBe(false);
    expect(indexWithoutStats(a)).toEqual(indexWithoutStats(b));
  });
});

test('what is damaged, or no index, stays as it is', () => {
  using work = repository('sha1', 2);
  const whole = readFileSync(work.index);
  const changed = (at: number, byte: number) => {
    const copy = Buffer.from(whole);
    copy[at] = byte;
    return copy;
  };
  const unsigned = (index: Buffer) => Buffer.concat([index.subarray(0, -20), Buffer.alloc(20)]);
  expect(indexWithoutStats(unsigned(whole))?.subarray(-20)).toEqual(Buffer.alloc(20));
  for (const damaged of [
    changed(100, 255),
    unsigned(changed(7, 5)),
    unsigned(changed(11, 200)),
    unsigned(changed(11, 1)),
    whole.subarray(0, 40),
    Buffer.from('DIRC'),
    Buffer.alloc(0),
    Buffer.from('<html>an index</html>'),
  ]) {
    expect(indexWithoutStats(damaged)).toBeUndefined();
  }
});

describe.skipIf(!isRoot)('rules', () => {
  const reflog = (time: number | string, zone = '+0200') =>
    `${'0'.repeat(40)} ${'a1'.repeat(20)} Kelp 12 Forest <kelp@example.org> ${time} ${zone}\tclone: from https://example.org/a 1999999999 +0200\n`;

  test('git-reflog: late times become the source date, and the others stay', async () => {
    const late = sourceDate + 100_000;
    const early = reflog(sourceDate - 5, '-0300');
    const { contents, hits } = await layerOf([
      tarFile('srv/.git/logs/HEAD', early + reflog(late)),
      tarFile('srv/.git/logs/refs/remotes/origin/HEAD', reflog(late, '-0730')),
      tarFile('srv/.git/modules/a/b/logs/refs/heads/main', reflog(late)),
      tarFile('srv/.git/logs/refs/heads/early', early),
      tarFile('srv/.git/logs/refs/heads/strange', 'anything 1999999999 +0000\n'),
      tarFile('srv/logs/HEAD', reflog(late)),
    ]);
    const clamped = reflog(sourceDate, '+0000');
    expect(Object.values(contents)).toEqual([
      early + clamped,
      clamped,
      clamped,
      early,
      'anything 1999999999 +0000\n',
      reflog(late),
    ]);
    expect(hits).toHaveLength(3);
  });

  test('git-index: of the repository, of submodules and of work trees', async () => {
    using work = repository('sha1', 2);
    const index = readFileSync(work.index);
    const paths = ['a/.git/index', 'a/.git/modules/b/index', 'a/.git/worktrees/c/index'];
    const { contents, hits } = await layerOf(
      [...paths, 'a/index', 'b/.git/refs/heads/index'].map(path =>
        tarFile(path, path.startsWith('b') ? 'id\n' : index),
      ),
    );
    const expected = indexWithoutStats(index)?.toString('latin1');
    for (const path of paths) expect(contents[path]).toBe(expected);
    expect(contents['a/index']).toBe(index.toString('latin1'));
    expect(hits).toEqual(paths.map(path => `git-index ${path}`));
  });

  test('git reads the reflogs that were changed', async () => {
    using work = repository('sha1', 2);
    const place = join(work.path, '.git', 'logs', 'HEAD');
    const { contents } = await layerOf([tarFile('.git/logs/HEAD', readFileSync(place))]);
    writeFileSync(place, Buffer.from(contents['.git/logs/HEAD'] ?? '', 'latin1'));
    const shown = git(work.path, 'log', '--walk-reflogs', '--format=%gd %gs', '--date=unix');
    expect(shown).toBe(`HEAD@{${sourceDate}} commit (initial): One\n`);
  });
});
