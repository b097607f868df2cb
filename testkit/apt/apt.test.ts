import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AptArchive, AptRoot, ArchiveKey, haveApt, type ArchiveServer } from './index.ts';

// The judge is the machine's own apt, in a directory of its own.
const judge = haveApt();
if (!judge) console.log('skipped: testkit/apt against apt-get, which this machine does not have');

const june = new Date('2024-06-01T12:00:00Z');
const july = new Date('2024-07-01T12:00:00Z');
const gone = new Date('2024-06-08T12:00:00Z');

describe.skipIf(!judge)('a test archive, before the eyes of apt', () => {
  let archive: AptArchive;
  let server: ArchiveServer;
  const roots: AptRoot[] = [];

  beforeAll(async () => {
    archive = await AptArchive.create();
    server = await archive.serve();
  });

  afterAll(async () => {
    await server.close();
    for (const root of roots) await root.remove();
  });

  async function freshRoot(options: { asc?: boolean; key?: ArchiveKey } = {}): Promise<AptRoot> {
    const key = options.key ?? archive.key;
    const name = options.asc ? 'archive.asc' : 'archive.gpg';
    const sources = `Types: deb\nURIs: ${server.url}\nSuites: stable\nComponents: main\nSigned-By: @ROOT@/${name}\n`;
    const root = await AptRoot.create(sources, { [name]: options.asc ? key.asc : key.gpg });
    roots.push(root);
    return root;
  }

  const strict = ['APT::Update::Error-Mode=any'];

  async function publishJune(): Promise<void> {
    await archive.publish({
      date: june,
      packages: [
        { name: 'hello', version: '1.0-1', fields: { Depends: 'libhello++1 (>= 1.0)' } },
        { name: 'libhello++1', version: '1:1.0-1', architecture: 'amd64', compression: 'zst' },
      ],
    });
  }

  it.each([false, true])('takes its indexes and packages (armoured key: %s)', async asc => {
    await publishJune();
    const root = await freshRoot({ asc });
    expect(await root.aptGet(['update'], strict)).toMatchObject({ status: 0 });
    expect(await root.aptGet(['install', '--download-only', 'hello'])).toMatchObject({ status: 0 });
    const names = await readdir(join(root.path, 'var/cache/apt/archives'));
    expect(names.filter(name => name.endsWith('.deb'))).toEqual([
      'hello_1.0-1_all.deb',
      'libhello++1_1%3a1.0-1_amd64.deb',
    ]);
    expect(server.requests.some(({ url }) => url.includes('/by-hash/SHA256/'))).toBe(true);
  });

  it('builds packages that dpkg-deb reads, scripts included', async () => {
    for (const compression of ['none', 'gz', 'xz', 'zst'] as const) {
      await archive.publish({
        date: june,
        packages: [
          {
            name: 'scripted',
            version: '2:1~rc1-1',
            compression,
            scripts: { postinst: '#!/bin/sh\nexit 0\n' },
            files: {
              '/usr/bin/scripted': { content: '#!/bin/sh\n', mode: 0o755 },
              '/etc/scripted.conf': 'x'.repeat(100_000),
            },
          },
        ],
      });
      const path = join((await freshRoot()).path, 'scripted.deb');
      const deb = archive.files.get('pool/main/s/scripted/scripted_1~rc1-1_all.deb');
      await writeFile(path, deb?.bytes ?? '');
      expect(execFileSync('dpkg-deb', ['--field', path, 'Version'], { encoding: 'utf8' })).toBe(
        '2:1~rc1-1\n',
      );
      const listing = execFileSync('dpkg-deb', ['--contents', path], { encoding: 'utf8' });
      expect(listing).toMatch(/^-rwxr-xr-x (root|0)\/(root|0) .*2024-06-01 .*\.\/usr\/bin\/scripted$/m);
      expect(execFileSync('dpkg-deb', ['--info', path, 'postinst'], { encoding: 'utf8' })).toContain(
        'exit 0',
      );
    }
  });

  it('moves on: the new packages are there, the old files are gone', async () => {
    await publishJune();
    const root = await freshRoot();
    await root.aptGet(['update'], strict);
    await archive.publish({ date: july, packages: [{ name: 'hello', version: '2.0-1' }] });
    const stale = await root.aptGet(['install', '--download-only', 'hello']);
    expect(stale.status).not.toBe(0);
    expect(stale.output).toContain('404');
    expect(await root.aptGet(['update'], strict)).toMatchObject({ status: 0 });
    expect((await root.aptGet(['install', '--download-only', 'hello'])).output).toContain('hello all 2.0-1');
  });

  it('keeps old files when asked to', async () => {
    await publishJune();
    await archive.publish({
      date: july,
      packages: [{ name: 'hello', version: '2.0-1' }],
      keepOldFiles: true,
    });
    expect(archive.files.has('pool/main/h/hello/hello_1.0-1_all.deb')).toBe(true);
  });

  it('is refused past Valid-Until, unless that is lifted', async () => {
    await archive.publish({ date: june, validUntil: gone, packages: [{ name: 'hello', version: '1.0-1' }] });
    const root = await freshRoot();
    const refused = await root.aptGet(['update'], strict);
    expect(refused.status).not.toBe(0);
    expect(refused.output).toMatch(/expired/);
    expect(await root.aptGet(['update'], [...strict, 'Acquire::Check-Valid-Until=false'])).toMatchObject({
      status: 0,
    });
  });

  it('is refused with another key', async () => {
    await publishJune();
    const root = await freshRoot({
      key: await ArchiveKey.create({ created: new Date('2020-01-01T00:00:00Z') }),
    });
    const refused = await root.aptGet(['update'], strict);
    expect(refused.status).not.toBe(0);
    expect(refused.output).toContain('NO_PUBKEY');
  });

  it('fails as asked, and only as often as asked', async () => {
    await publishJune();
    const root = await freshRoot();
    server.fail(/Packages|by-hash/, { kind: 'status', status: 503 });
    expect((await root.aptGet(['update'], strict)).status).not.toBe(0);
    server.repair();
    server.fail(/\.deb$/, { kind: 'flip' }, 1);
    expect(await root.aptGet(['update'], strict)).toMatchObject({ status: 0 });
    expect((await root.aptGet(['install', '--download-only', 'hello'])).status).not.toBe(0);
    expect(await root.aptGet(['install', '--download-only', 'hello'])).toMatchObject({ status: 0 });
    server.repair();
  });

  it('answers conditional requests: a second update takes nothing', async () => {
    await publishJune();
    const root = await freshRoot();
    await root.aptGet(['update'], strict);
    const second = await root.aptGet(['update'], strict);
    expect(second.output).toMatch(/^Hit:/m);
    const inRelease = server.requests.findLast(({ url }) => url.endsWith('InRelease'));
    expect(inRelease?.headers['if-modified-since']).toBe(june.toUTCString());
  });

  it('answers ranges: a truncated download is resumed', async () => {
    const files = { '/usr/share/large': 'large '.repeat(100_000) };
    await archive.publish({
      date: june,
      packages: [{ name: 'large', version: '1', files, compression: 'none' }],
    });
    const root = await freshRoot();
    await root.aptGet(['update'], strict);
    server.fail(/large_1_all\.deb$/, { kind: 'truncate' }, 1);
    const result = await root.aptGet(['install', '--download-only', 'large'], ['Acquire::Retries=2']);
    server.repair();
    expect(result).toMatchObject({ status: 0 });
    expect(server.requests.some(({ headers }) => headers.range !== undefined)).toBe(true);
  });

  it('gives the same bytes for the same key, dates and packages', async () => {
    const twin = await AptArchive.create({ key: archive.key });
    await publishJune();
    await twin.publish({ date: june, packages: [] });
    await twin.publish({
      date: june,
      packages: [
        { name: 'hello', version: '1.0-1', fields: { Depends: 'libhello++1 (>= 1.0)' } },
        { name: 'libhello++1', version: '1:1.0-1', architecture: 'amd64', compression: 'zst' },
      ],
    });
    expect(twin.files.get('dists/stable/InRelease')).toEqual(archive.files.get('dists/stable/InRelease'));
  });

  it('makes xz files that xz reads', async () => {
    const { storedXz } = await import('./xz.ts');
    for (const size of [0, 1, 3, 65_536, 200_001]) {
      const content = Buffer.alloc(size, 'holdfast');
      const plain = execFileSync('xz', ['-dc'], { input: storedXz(content), maxBuffer: 1 << 20 });
      expect(plain.equals(content)).toBe(true);
    }
    expect(await readFile(join((await freshRoot()).path, 'archive.gpg'))).toEqual(archive.key.gpg);
  });
});
