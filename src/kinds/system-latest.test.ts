// Distributions: the newest over all enabled suites, from indexes that are signed as they must be.
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AptArchive } from '../../testkit/apt/index.ts';
import { tarOf } from '../../testkit/tar.ts';
import { latestPackages as latestApk } from './apk/latest.ts';
import { latestPackages as latestApt } from './apt/latest.ts';
import type { LatestContext, LockedArchive, LookUp } from './latest.ts';
import { latestPackages as latestRpm } from './rpm/latest.ts';
import { lookUpContext } from './testing/look-up-context.ts';
import { sha256, hexOf } from '../core/index.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-latest-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const versions = (found: readonly LookUp[]) =>
  found.map(one => (one.state === 'ok' ? one.newest.version : one.state));

describe('apt', () => {
  const url = 'http://deb.test/debian/';
  const now = new Date('2024-08-01T00:00:00Z');
  let archive: AptArchive;
  let trust: string;

  beforeAll(async () => {
    archive = await AptArchive.create({ origin: 'Debian' });
    const date = new Date('2024-07-01T00:00:00Z');
    const label = 'Debian';
    await archive.publish({
      date,
      label,
      packages: [
        { name: 'tool', version: '1.0-1' },
        { name: 'other', version: '1.0' },
      ],
    });
    const fix = { name: 'tool', version: '1.0-1+deb12u1', fields: { Source: 'tool-src (1.0-1)' } };
    await archive.publish({ date, suite: 'stable-security', packages: [fix] });
    await archive.publish({
      date,
      suite: 'stable-backports',
      packages: [{ name: 'tool', version: '9.0-1~bpo12+1' }],
      fields: { NotAutomatic: 'yes' },
    });
    trust = join(root, 'apt');
    await mkdir(join(trust, 'etc/apt/sources.list.d'), { recursive: true });
    await mkdir(join(trust, 'usr/share/keyrings'), { recursive: true });
    await writeFile(join(trust, 'usr/share/keyrings/test.gpg'), archive.key.gpg);
    const line = (suite: string) => `deb [signed-by=/usr/share/keyrings/test.gpg] ${url} ${suite} main\n`;
    await writeFile(
      join(trust, 'etc/apt/sources.list'),
      ['stable', 'stable-security', 'stable-backports'].map(line).join(''),
    );
  });

  const suites = (...names: string[]): LockedArchive[] =>
    names.map(suite => ({
      url,
      suite,
      readIndex: () => Promise.resolve(archive.files.get(`dists/${suite}/InRelease`)?.bytes),
    }));
  const pages = () => Object.fromEntries([...archive.files].map(([path, { bytes }]) => [url + path, bytes]));
  const tool = {
    name: 'tool',
    version: '1.0-1',
    architecture: 'amd64',
    url: `${url}pool/main/t/tool/tool_1.0-1_amd64.deb`,
  };
  const context = (more: Partial<LatestContext>, other: Record<string, string | Buffer | object> = {}) =>
    lookUpContext({ ...pages(), ...other }, { now, trust, ...more });

  test('the candidate is the highest over all suites but backports; each index is read once', async () => {
    const both = context({ archives: suites('stable', 'stable-security', 'stable-backports') });
    const inputs = [tool, { ...tool, name: 'other', version: '1.0' }, { ...tool, name: 'gone' }];
    const found = await latestApt(inputs, both);
    expect(versions(found)).toEqual(['1.0-1+deb12u1', '1.0', 'gone']);
    expect(found[0]).toMatchObject({ newest: { source: { name: 'tool-src', version: '1.0-1' } } });
    await latestApt(inputs, both);
    expect(both.asked.filter(one => one.includes('Packages') || one.includes('by-hash'))).toHaveLength(3);
    expect(versions(await latestApt([tool], context({ archives: suites('stable') })))).toEqual(['1.0-1']);
  });

  test('an archive’s own line is as new as its index', async () => {
    const line = { name: `${url} stable`, version: '2024-01-01T00:00:00Z' };
    expect(versions(await latestApt([line], context({ archives: suites('stable') })))).toEqual([
      '2024-07-01T00:00:00Z',
    ]);
  });

  test('a suite that cannot be read leaves nothing known of what it completes', async () => {
    const down = context(
      { archives: suites('stable', 'stable-security') },
      { [`${url}dists/stable-security/InRelease`]: 'down' },
    );
    expect(versions(await latestApt([tool], down))).toEqual(['unreachable']);
  });

  test('an index that somebody else signed is none, whether sources or the locked index say who must', async () => {
    const other = await AptArchive.create({ origin: 'Debian' });
    await other.publish({
      date: new Date('2024-07-02T00:00:00Z'),
      packages: [{ name: 'tool', version: '99' }],
    });
    const forged = Object.fromEntries([...other.files].map(([path, { bytes }]) => [url + path, bytes]));
    expect(versions(await latestApt([tool], context({ archives: suites('stable') }, forged)))).toEqual([
      'unsigned',
    ]);
    const without = join(root, 'without');
    await mkdir(join(without, 'usr/share/keyrings'), { recursive: true });
    await writeFile(join(without, 'usr/share/keyrings/test.gpg'), archive.key.gpg);
    await writeFile(join(without, 'usr/share/keyrings/other.gpg'), other.key.gpg);
    const archives = suites('stable');
    expect(versions(await latestApt([tool], context({ trust: without, archives })))).toEqual(['1.0-1']);
    expect(versions(await latestApt([tool], context({ trust: without, archives }, forged)))).toEqual([
      'unsigned',
    ]);
  });

  test('a snapshot service tells since when; without it nobody is asked twice', async () => {
    const snapshots = { Debian: 'http://snap.test/archive/debian' };
    const info = 'http://snap.test/mr/binary/tool/1.0-1/binfiles?fileinfo=1';
    const page = JSON.stringify({
      result: [{ hash: 'a', architecture: 'all' }],
      fileinfo: { a: [{ first_seen: '20240630T024512Z' }] },
    });
    const older = { ...tool, version: '0.9-1' };
    const plain = suites('stable');
    // A hash has a list of places; the first is as good as any.
    const found = await latestApt([older], context({ archives: plain, snapshots }, { [info]: page }));
    expect(found[0]).toMatchObject({ newest: { since: { at: '2024-06-30T02:45:12Z', clock: 'snapshot' } } });
    const silent = context({ archives: plain, snapshots }, { [info]: 'down' });
    expect(versions(await latestApt([older], silent))).toEqual(['1.0-1']);
  });
});

describe('apk', () => {
  const url = 'http://alpine.test/';
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const index = (text: string, signer = keys.privateKey) => {
    const body = gzipSync(tarOf([{ path: 'APKINDEX', content: Buffer.from(text), mtime: 1_700_000_000 }]));
    const signature = sign('sha1', body, signer);
    const signed = tarOf([{ path: '.SIGN.RSA.test.rsa.pub', content: signature }]);
    // The first archive has no end, since the second follows it.
    return Buffer.concat([gzipSync(signed.subarray(0, signed.length - 1024)), body]);
  };
  const archives: LockedArchive[] = ['v3.19/main/x86_64', 'v3.19/community/x86_64'].map(suite => ({
    url,
    suite,
    readIndex: () => Promise.resolve(undefined),
  }));
  const record = (name: string, version: string) => `P:${name}\nV:${version}\nA:x86_64\nS:1\n\n`;
  const place = (suite: string) => `${url}${suite}/APKINDEX.tar.gz`;
  const [main, community] = archives.map(({ suite }) => place(suite)) as [string, string];

  test('the newest of all repositories; an index must be signed by a key of the image', async () => {
    const trust = join(root, 'apk');
    await mkdir(join(trust, 'etc/apk/keys'), { recursive: true });
    await writeFile(
      join(trust, 'etc/apk/keys/test.rsa.pub'),
      keys.publicKey.export({ type: 'spki', format: 'pem' }),
    );
    const input = { name: 'tool', version: '1.0-r9', architecture: 'x86_64' };
    const pages = { [main]: index(record('tool', '1.0-r10')), [community]: index(record('tool', '1.0-r2')) };
    const archiveLine = { name: `${url} ${archives[0]?.suite}`, version: '2020-01-01T00:00:00Z' };
    const found = await latestApk(
      [input, { ...input, name: 'gone' }, archiveLine],
      lookUpContext(pages, { archives, trust }),
    );
    expect(versions(found)).toEqual(['1.0-r10', 'gone', '2023-11-14T22:13:20Z']);
    const forged = index(
      record('tool', '99'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    );
    expect(
      versions(await latestApk([input], lookUpContext({ ...pages, [main]: forged }, { archives, trust }))),
    ).toEqual(['unsigned']);
    expect(
      versions(await latestApk([input], lookUpContext({ [main]: index('') }, { archives, trust }))),
    ).toEqual(['gone']);
  });
});

describe('rpm', () => {
  test('what repomd.xml names, and nothing else', async () => {
    const url = 'http://rpm.test/';
    const primary = gzipSync(
      ['1.0', '1.10', '1.9']
        .map(
          ver =>
            `<package type="rpm"><name>tool</name><arch>x86_64</arch><version epoch="0" ver="${ver}" rel="1.el9"/></package>`,
        )
        .join('\n'),
    );
    const repomd = (digest: string) =>
      `<repomd><revision>1700000000</revision><data type="primary"><checksum type="sha256">${digest}</checksum><location href="repodata/primary.xml.gz"/></data></repomd>`;
    const archives: LockedArchive[] = [
      { url, suite: '9/BaseOS', readIndex: () => Promise.resolve(undefined) },
    ];
    const start = `${url}9/BaseOS/repodata`;
    const input = { name: 'tool', version: '1.0-1.el9', architecture: 'x86_64' };
    const pages = (digest: string) => ({
      [`${start}/repomd.xml`]: repomd(digest),
      [`${start}/primary.xml.gz`]: primary,
    });
    const right = lookUpContext(pages(hexOf(sha256(primary))), { archives });
    expect(versions(await latestRpm([input], right))).toEqual(['1.10-1.el9']);
    expect(versions(await latestRpm([input], lookUpContext(pages('0'.repeat(64)), { archives })))).toEqual([
      'unsigned',
    ]);
  });
});
