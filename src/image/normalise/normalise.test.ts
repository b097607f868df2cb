import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { factsOf } from '../filesystem/facts.ts';
import { canBeRoot, snapshot, temporaryDirectory } from '../filesystem/testing.ts';
import { sourceDate, Workbench, written } from '../diff/testing.ts';
import { tarFile, tarNode } from '../tar/testing.ts';
import type { TarFile } from '../tar/index.ts';
import { findBytes } from './find-bytes.ts';
import type { BuildTrust } from './residue.ts';
import { rules, rulesWithout } from './rules.ts';

const isRoot = canBeRoot('normalisation');
const late = sourceDate + 5000;
const day = Math.floor(sourceDate / 86_400);

/** A layer of `upper` entries above `lower` ones; what was applied, and the contents of what is left. */
async function layerOf(
  upper: TarFile[],
  lower: TarFile[] = [],
  options: Partial<Parameters<typeof written>[0]> = {},
) {
  using dir = temporaryDirectory();
  const bench = new Workbench(dir.path);
  const below = await bench.layer('lower', lower);
  const above = await bench.layer('upper', upper);
  const result = await written({ upper: above, lower: below, ...options });
  await bench.extract('again', result.archive);
  expect(await snapshot(bench.at('again'))).toEqual(await snapshot(above));
  const content = (path: string) => {
    const at = join(above, path);
    return factsOf(Buffer.from(at))?.type === 'file' ? readFileSync(at, 'latin1') : undefined;
  };
  const hits = result.applied.map(({ rule, path }) => `${rule} ${path}`);
  const files = upper.map(({ header }) => header.path.toString('latin1'));
  return { ...result, hits, contents: Object.fromEntries(files.map(path => [path, content(path)])) };
}

function pyc(flags: number, mtime: number): Buffer {
  const bytes = Buffer.alloc(20, 'code');
  bytes.writeUInt16LE(3531, 0);
  bytes.writeUInt16LE(0x0a0d, 2);
  bytes.writeUInt32LE(flags, 4);
  bytes.writeUInt32LE(mtime, 8);
  return bytes;
}

const timeIn = (bytes: string | undefined) => Buffer.from(bytes ?? '', 'latin1').readUInt32LE(8);

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

  test('caches of apt, ldconfig and npm are removed, also from the layers below', async () => {
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
      ],
      [tarFile('var/cache/ldconfig/aux-cache', 'old'), tarFile('root/.npm/_logs/older', '')],
    );
    expect(listing.filter(path => !path.endsWith('/'))).toEqual([
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

describe.skipIf(!isRoot)('the certificate of the build', () => {
  const block = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
  const ours = block('b3VyIGNlcnRpZmljYXRl');
  const other = block('YW5vdGhlciBvbmU=');
  const trust: BuildTrust = {
    pem: ours,
    markers: [Buffer.from('our certificate'), Buffer.from('b3VyIGNlcnRpZmlj')],
  };
  const run = async (upper: TarFile[], lower: TarFile[] = [], injected: string[] = []) =>
    layerOf(upper, lower, { trust, injected });

  test('is taken out of a bundle, which is then what it was', async () => {
    const { listing, hits } = await run(
      [tarFile('etc/ssl/certs/bundle.crt', `${other}${ours}${other}`, { mtime: late })],
      [tarFile('etc/ssl/certs/bundle.crt', `${other}${other}`, { mtime: 7 })],
    );
    expect([listing, hits]).toEqual([[], ['build-certificate etc/ssl/certs/bundle.crt']]);
  });

  test('is taken out of a new bundle at every place, with and without line end', async () => {
    const { contents } = await run([tarFile('b', `${ours}# kept\n${other}${ours}${ours.trim()}`)]);
    expect(contents['b']).toBe(`# kept\n${other}`);
  });

  test('files of nothing else and links that lead to them are dropped', async () => {
    const { listing, hits } = await run([
      tarFile('usr/local/share/ca-certificates/build.crt', ours),
      tarNode('symlink', 'etc/ssl/certs/build.pem', { target: '/usr/local/share/ca-certificates/build.crt' }),
      tarNode('symlink', 'etc/ssl/certs/0a1b2c3d.0', { target: 'build.pem' }),
      tarNode('symlink', 'etc/ssl/certs/other.pem', { target: '/usr/share/other.crt' }),
    ]);
    expect(listing.filter(path => !path.endsWith('/'))).toEqual([
      'etc/ssl/certs/other.pem -> /usr/share/other.crt',
    ]);
    expect(hits).toHaveLength(3);
  });

  test('links to an injected certificate are dropped, unless the image has that path', async () => {
    const link = tarNode('symlink', 'etc/ssl/certs/x.pem', { target: '../../../usr/share/x.crt' });
    expect((await run([link], [], ['/usr/share/x.crt'])).listing.join()).not.toContain('x.pem');
    const { listing } = await run([link], [tarFile('usr/share/x.crt', other)], ['/usr/share/x.crt']);
    expect(listing.join()).toContain('x.pem');
  });

  test.each<[string, TarFile]>([
    ['its content', tarFile('etc/keystore', `jks\0${'x'.repeat(2_000_000)}our certificate\0`)],
    ['its content', tarFile('etc/rewrapped', 'b3VyIGNlcnRpZmlj\nYXRl')],
    ['its name', tarFile('etc/our certificate.txt')],
    ['its target', tarNode('symlink', 'etc/l', { target: '/our certificate' })],
    [
      'its attribute user.x',
      tarFile('etc/f', '', { xattrs: new Map([['user.x', Buffer.from('(our certificate)')]]) }),
    ],
  ])('left anywhere else it fails the step: %s', async (place, file) => {
    const failure = run([file, tarFile('etc/fine', other)]);
    await expect(failure).rejects.toMatchObject({ code: 'CA_RESIDUE', exit: 6 });
    await expect(failure).rejects.toThrow(`/${file.header.path.toString()} holds the certificate`);
    await expect(failure).rejects.toThrow(`(${place})`);
  });

  test('what lies below is not looked at', async () => {
    const old = tarFile('etc/old', 'our certificate');
    expect((await run([old], [old])).listing).toEqual([]);
  });

  test('other forbidden bytes are refused too', async () => {
    const secret = Buffer.from('s3cret');
    await expect(
      layerOf([tarFile('etc/token', 'the s3cret')], [], { forbidden: [secret] }),
    ).rejects.toMatchObject({
      code: 'LAYER_FORBIDDEN',
    });
  });
});

describe('findBytes', () => {
  test('finds what includes finds, wherever the stream is cut', () => {
    const bytes = (max: number) =>
      fc.array(fc.constantFrom(97, 98, 99), { maxLength: max }).map(values => Buffer.from(values));
    fc.assert(
      fc.property(
        bytes(60),
        fc.array(bytes(6), { maxLength: 3 }),
        fc.integer({ min: 1, max: 9 }),
        (text, patterns, size) => {
          const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
            text.subarray(at * size, (at + 1) * size),
          );
          const expected = patterns.filter(pattern => pattern.length > 0 && text.includes(pattern));
          expect(findBytes(chunks, patterns)).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
