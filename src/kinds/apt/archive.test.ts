import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AptArchive, ArchiveKey, type ArchiveServer } from '../../../testkit/apt/index.ts';
import { sha256 } from '../../core/index.ts';
import { openPackages, openRelease, packageUrl } from './archive.ts';
import type { Fetch } from './fetch.ts';
import { readKeyring, type Keyring } from './keyring.ts';

const june = new Date('2024-06-01T12:00:00Z');
const now = new Date('2024-06-02T00:00:00Z');

let archive: AptArchive;
let server: ArchiveServer;
let keyring: Keyring;

beforeEach(async () => {
  archive = await AptArchive.create();
  server = await archive.serve();
  keyring = await readKeyring([{ name: 'test', bytes: archive.key.gpg }]);
  await archive.publish({
    date: june,
    validUntil: new Date('2024-06-08T12:00:00Z'),
    packages: [
      { name: 'hello', version: '1.0-1' },
      { name: 'libhello++1', version: '1:1.0~rc1-1', architecture: 'amd64' },
    ],
  });
});

afterEach(async () => {
  await server.close();
});

const get: Fetch = async url => {
  const response = await fetch(url);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
};

const source = (suite = 'stable') => ({ uri: server.url, suite, keyring });
const opened = async () => openRelease(source(), { fetch: get, now });
const code = (name: string, exit: number) => expect.objectContaining({ code: name, exit });

describe('openRelease', () => {
  it('gives the signed Release and its digest', async () => {
    const { release, index, signer } = await opened();
    expect(release).toMatchObject({ origin: 'Test', suite: 'stable', date: june, acquireByHash: true });
    const bytes = archive.files.get('dists/stable/InRelease')?.bytes ?? Buffer.of();
    expect(index).toEqual({
      url: `${server.url}dists/stable/InRelease`,
      size: bytes.length,
      digest: sha256(bytes),
    });
    expect(signer).toBe(archive.key.fingerprint);
  });

  it('falls back to Release and Release.gpg', async () => {
    archive.files.delete('dists/stable/InRelease');
    expect((await opened()).index.url).toBe(`${server.url}dists/stable/Release`);
    archive.files.delete('dists/stable/Release.gpg');
    await expect(opened()).rejects.toThrow(code('APT_RELEASE_MISSING', 5));
  });

  it('is not content with another suite’s Release, well signed as it is', async () => {
    const inRelease = archive.files.get('dists/stable/InRelease');
    if (inRelease !== undefined) archive.files.set('dists/other/InRelease', inRelease);
    await expect(openRelease(source('other'), { fetch: get, now })).rejects.toThrow(
      code('APT_SUITE_MISMATCH', 4),
    );
  });

  it('refuses another archive’s key, an old file, and one that a bit of was turned', async () => {
    const other = await ArchiveKey.create({ created: new Date('2020-01-01T00:00:00Z') });
    const foreign = { ...source(), keyring: await readKeyring([{ name: 'other', bytes: other.gpg }]) };
    await expect(openRelease(foreign, { fetch: get, now })).rejects.toThrow(code('APT_KEY_MISSING', 4));
    const later = new Date('2025-01-01T00:00:00Z');
    await expect(openRelease(source(), { fetch: get, now: later })).rejects.toThrow(
      code('APT_RELEASE_EXPIRED', 4),
    );
    server.fail(/InRelease/, { kind: 'flip' });
    await expect(opened()).rejects.toThrow(expect.objectContaining({ exit: 4 }));
  });

  it('takes an old file where the lock names it, and only that one', async () => {
    const later = new Date('2025-01-01T00:00:00Z');
    const locked = (await opened()).index.digest;
    expect((await openRelease(source(), { fetch: get, now: later, locked })).index.digest).toBe(locked);
    await archive.publish({ date: new Date('2024-12-31T00:00:00Z'), packages: [] });
    await expect(openRelease(source(), { fetch: get, now: later, locked })).rejects.toThrow(
      code('APT_LOCKED_MISMATCH', 4),
    );
  });

  it('says that an HTML page is no archive', async () => {
    archive.files.set('dists/stable/InRelease', {
      bytes: Buffer.from('<html>Sign in</html>'),
      modified: june,
    });
    await expect(opened()).rejects.toThrow(code('APT_UNSIGNED', 4));
  });
});

describe('openPackages', () => {
  it('gives the packages, and URLs as apt asks for them', async () => {
    const suite = await openPackages(await opened(), ['main'], 'amd64', get);
    expect(suite.packages.map(({ name, version }) => [name, version])).toEqual([
      ['hello', '1.0-1'],
      ['libhello++1', '1:1.0~rc1-1'],
    ]);
    const urls = suite.packages.map(record => packageUrl(suite, record).url);
    expect(urls).toEqual([
      `${server.url}pool/main/h/hello/hello_1.0-1_all.deb`,
      `${server.url}pool/main/libh/libhello%2b%2b1/libhello%2b%2b1_1.0%7erc1-1_amd64.deb`,
    ]);
    for (const [index, record] of suite.packages.entries())
      expect(sha256((await get(urls[index] ?? '')) as Buffer)).toBe(packageUrl(suite, record).digest);
    expect(suite.taken.map(({ url }) => url.replace(server.url, ''))).toEqual([
      'dists/stable/InRelease',
      expect.stringMatching(/^dists\/stable\/main\/binary-amd64\/by-hash\/SHA256\/[0-9a-f]{64}$/),
    ]);
  });

  it('takes the file by its name where by-hash is not there, and gz where xz is not', async () => {
    const start = await opened();
    for (const path of archive.files.keys()) if (/by-hash|\.xz$/.test(path)) archive.files.delete(path);
    const suite = await openPackages(start, ['main'], 'amd64', get);
    expect(suite.taken[1]?.url).toBe(`${server.url}dists/stable/main/binary-amd64/Packages.gz`);
    expect(suite.packages).toHaveLength(2);
    for (const path of archive.files.keys()) if (/Packages/.test(path)) archive.files.delete(path);
    await expect(openPackages(start, ['main'], 'amd64', get)).rejects.toThrow(code('APT_INDEX_MISSING', 5));
  });

  it('refuses an index that is not the signed one', async () => {
    const start = await opened();
    server.fail(/by-hash/, { kind: 'flip' });
    await expect(openPackages(start, ['main'], 'amd64', get)).rejects.toThrow(code('APT_DIGEST_MISMATCH', 4));
    const longer: Fetch = async url => Buffer.concat([(await get(url)) as Buffer, Buffer.from('x')]);
    server.repair();
    await expect(openPackages(start, ['main'], 'amd64', longer)).rejects.toThrow(
      code('APT_DIGEST_MISMATCH', 4),
    );
  });

  it('passes on what goes wrong upstream', async () => {
    const start = await opened();
    server.fail(/by-hash/, { kind: 'status', status: 503 });
    await expect(openPackages(start, ['main'], 'amd64', get)).rejects.toThrow('503');
    server.repair();
    server.fail(/by-hash/, { kind: 'truncate' });
    await expect(openPackages(start, ['main'], 'amd64', get)).rejects.toThrow();
  });

  it('names what the suite has instead of what it lacks', async () => {
    const start = await opened();
    await expect(openPackages(start, ['contrib'], 'amd64', get)).rejects.toThrow(
      expect.objectContaining({ code: 'APT_COMPONENT_MISSING', next: 'It has main.' }),
    );
    await expect(openPackages(start, ['main'], 'm68k', get)).rejects.toThrow(
      code('APT_ARCHITECTURE_MISSING', 5),
    );
  });
});
