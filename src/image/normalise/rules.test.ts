import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sourceDate } from '../diff/testing.ts';
import { canBeRoot } from '../filesystem/testing.ts';
import { tarFile, tarNode } from '../tar/testing.ts';
import type { TarFile } from '../tar/index.ts';
import { rules, rulesWithout } from './rules.ts';
import { layerOf } from './testing.ts';

const isRoot = canBeRoot('normalisation rules');
const late = sourceDate + 5000;
const day = Math.floor(sourceDate / 86_400);

function pyc(flags: number, mtime: number): Buffer {
  const bytes = Buffer.alloc(20, 'code');
  bytes.writeUInt16LE(3531, 0);
  bytes.writeUInt16LE(0x0a0d, 2);
  bytes.writeUInt32LE(flags, 4);
  bytes.writeUInt32LE(mtime, 8);
  return bytes;
}

const timeIn = (bytes: string | undefined) => Buffer.from(bytes ?? '', 'latin1').readUInt32LE(8);

test('the page on reproducibility lists the rules as they are', () => {
  const page = readFileSync(new URL('../../../docs/reproducibility.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\|$/gm);
  expect([...rows].map(([, id, what, why]) => ({ id, what, why }))).toEqual(
    rules.map(({ id, what, why }) => ({ id, what, why })),
  );
});

describe.skipIf(!isRoot)('rules', () => {
  test('package-logs: emptied, with owner and mode', async () => {
    const { hits, contents, listing } = await layerOf([
      tarFile('var/log/dpkg.log', 'when'),
      tarFile('var/log/alternatives.log', 'when'),
      tarFile('var/log/apt/term.log', 'when', { gid: 4, mode: 0o640 }),
      tarFile('var/log/apt/eipp.log.xz', 'when'),
      tarFile('var/log/apt/history.log', ''),
      tarFile('var/log/mine.log', 'kept'),
    ]);
    expect(hits).toEqual([
      'package-logs var/log/alternatives.log',
      'package-logs var/log/apt/eipp.log.xz',
      'package-logs var/log/apt/term.log',
      'package-logs var/log/dpkg.log',
    ]);
    expect(Object.values(contents)).toEqual(['', '', '', '', '', 'kept']);
    expect(listing).toContain('var/log/apt/term.log');
  });

  test('package-logs: a log that was empty below is no difference', async () => {
    const { listing, hits } = await layerOf(
      [tarFile('var/log/dpkg.log', 'when', { mtime: late })],
      [tarFile('var/log/dpkg.log', '', { mtime: 5 })],
    );
    expect([listing, hits]).toEqual([[], ['package-logs var/log/dpkg.log']]);
  });

  test('setup-logs: that one log is emptied, with owner and mode', async () => {
    const log =
      "Dec 01 13:32:29 - Starting munin-node-configure --shell\nln -s '/usr/share/munin/plugins/cpu' '/etc/munin/plugins/cpu'\n";
    const { hits, contents } = await layerOf([
      tarFile('var/log/munin/munin-node-configure.log', log, { gid: 4, mode: 0o640 }),
      tarFile('var/log/munin/munin-node.log', log),
      tarFile('srv/var/log/munin/munin-node-configure.log', log),
    ]);
    expect(hits).toEqual(['setup-logs var/log/munin/munin-node-configure.log']);
    expect(Object.values(contents)).toEqual(['', log, log]);
  });

  test('caches of apt, ldconfig, npm, Node.js and Go are removed, also from the layers below', async () => {
    const { listing } = await layerOf(
      [
        tarFile('var/cache/apt/pkgcache.bin', '1'),
        tarFile('var/cache/apt/srcpkgcache.bin', '1'),
        tarFile('var/cache/ldconfig/aux-cache', 'new'),
        tarFile('root/.npm/_logs/2026-01-01T00_00_00_000Z-debug-0.log', 'x'),
        tarFile('root/.npm/_cacache/index-v5/aa/bb', 'x'),
        tarFile('root/.npm/_update-notifier-last-checked', ''),
        tarFile('root/.npm/_npx/kept', 'x'),
        tarFile('work/_logs/kept', 'x'),
        tarFile('tmp/node-compile-cache/v24/00bf0630', 'x'),
        tarFile('tmp/v8-compile-cache-0/13.6/yarn.js.BLOB', 'x'),
        tarFile('root/.cache/go-build/aa/bb-a', 'x'),
        tarFile('root/.cache/other', 'x'),
      ],
      [tarFile('var/cache/ldconfig/aux-cache', 'old'), tarFile('root/.npm/_logs/older', '')],
    );
    expect(listing.filter(path => !path.endsWith('/'))).toEqual([
      'root/.cache/other',
      'root/.npm/.wh._logs',
      'root/.npm/_npx/kept',
      'var/cache/ldconfig/.wh.aux-cache',
      'work/_logs/kept',
    ]);
  });

  const id = '0123456789abcdef0123456789abcdef\n';
  test.each<[string, TarFile[], TarFile[], string[]]>([
    [
      'made by the step',
      [tarFile('etc/machine-id', id), tarFile('var/lib/dbus/machine-id', id)],
      [],
      ['etc/', 'etc/machine-id', 'var/', 'var/lib/', 'var/lib/dbus/'],
    ],
    ['empty before', [tarFile('etc/machine-id', id)], [tarFile('etc/machine-id', '')], []],
    [
      'a link',
      [tarNode('symlink', 'var/lib/dbus/machine-id', { target: '/etc/machine-id' })],
      [],
      ['var/', 'var/lib/', 'var/lib/dbus/', 'var/lib/dbus/machine-id -> /etc/machine-id'],
    ],
  ])('machine-id: %s', async (_what, upper, lower, expected) => {
    const { listing, contents } = await layerOf(upper, lower);
    expect(listing).toEqual(expected);
    if (expected.includes('etc/machine-id')) expect(contents['etc/machine-id']).toBe('');
  });

  test('machine-id: what says something else stays', async () => {
    const { contents, hits } = await layerOf([tarFile('etc/machine-id', 'uninitialized\n')]);
    expect([contents['etc/machine-id'], hits]).toEqual(['uninitialized\n', []]);
  });

  test('machine-id: an id of the base is the base‘s', async () => {
    const { listing, hits } = await layerOf([tarFile('etc/machine-id', id)], [tarFile('etc/machine-id', id)]);
    expect([listing, hits]).toEqual([[], []]);
  });

  test('shadow-days: later days become the source date, other lines stay as they are', async () => {
    const shadow = (lines: string[]) => `${lines.join('\n')}\n`;
    const kept = `base:*:${day + 7}:0:99999:7:::`;
    const { contents, hits } = await layerOf(
      [
        tarFile(
          'etc/shadow',
          shadow([kept, `new:!:${day + 3}:0:99999:7:::`, 'old:!:5::::::', 'none:!:::::::']),
        ),
        tarFile('etc/passwd-', `x:x:${day + 3}:`),
      ],
      [tarFile('etc/shadow', shadow([kept]))],
    );
    expect(contents['etc/shadow']).toBe(
      shadow([kept, `new:!:${day}:0:99999:7:::`, 'old:!:5::::::', 'none:!:::::::']),
    );
    expect(hits).toEqual(['shadow-days etc/shadow']);
    expect(contents['etc/passwd-']).toContain(String(day + 3));
  });

  test('pyc-times: what was compiled from a clamped source names the clamped time', async () => {
    const { contents, hits } = await layerOf(
      [
        tarFile('a/m.py', '1', { mtime: late }),
        tarFile('a/__pycache__/m.cpython-313.pyc', pyc(0, late)),
        tarFile('a/__pycache__/m.cpython-313.opt-1.pyc', pyc(0, late)),
        tarFile('a/__pycache__/old.cpython-313.pyc', pyc(0, 1000)),
        tarFile('a/__pycache__/hashed.cpython-313.pyc', pyc(1, late)),
        tarFile('a/__pycache__/new.cpython-313.pyc', pyc(0, late)),
        tarFile('a/__pycache__/no.pyc', 'short'),
        tarFile('b/legacy.py', '', { mtime: late }),
        tarFile('b/legacy.pyc', pyc(0, late)),
      ],
      [tarFile('a/new.py', '', { mtime: late })],
    );
    const times = Object.entries(contents).filter(
      ([path, bytes]) => path.endsWith('.pyc') && bytes !== 'short',
    );
    expect(Object.fromEntries(times.map(([path, bytes]) => [path, timeIn(bytes)]))).toEqual({
      'a/__pycache__/m.cpython-313.pyc': sourceDate,
      'a/__pycache__/m.cpython-313.opt-1.pyc': sourceDate,
      'a/__pycache__/old.cpython-313.pyc': 1000,
      'a/__pycache__/hashed.cpython-313.pyc': late,
      // Its source lies below, with its late time.
      'a/__pycache__/new.cpython-313.pyc': late,
      'b/legacy.pyc': sourceDate,
    });
    expect(hits).toHaveLength(3);
  });

  test('each rule can be switched off, and says what it does and why', async () => {
    expect(new Set(rules.map(rule => rule.id)).size).toBe(rules.length);
    expect(rules.every(rule => rule.what.length > 10 && rule.why.length > 10)).toBe(true);
    const active = rulesWithout(['package-logs']);
    const { contents, hits } = await layerOf([tarFile('var/log/dpkg.log', 'when')], [], { rules: active });
    expect([contents['var/log/dpkg.log'], hits]).toEqual(['when', []]);
    expect(() => rulesWithout(['no-such'])).toThrow(
      expect.objectContaining({ code: 'RULE_UNKNOWN', exit: 2 }),
    );
  });

  test('a hard link to a changed file changes with it', async () => {
    const { contents } = await layerOf([
      tarFile('etc/machine-id', id),
      tarNode('link', 'srv/same', { target: 'etc/machine-id' }),
    ]);
    expect(contents).toEqual({ 'etc/machine-id': '', 'srv/same': '' });
  });
});
