import { gzipSync, inflateRawSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { writeTar, type TarFile } from '../../image/index.ts';
import { readAdbIndex } from './adb.ts';
import { recognised as of, rootOfTexts, type Answered } from '../testing.ts';
import { apk } from './index.ts';

const recognised = (...answered: readonly (Answered | string)[]) => of(apk, answered);

async function tar(files: readonly TarFile[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of writeTar(files)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const june = Date.UTC(2024, 5, 1, 12) / 1000;

function file(path: string, text: string, mtime = june): TarFile {
  const body = Buffer.from(text);
  return {
    header: {
      type: 'file',
      path: Buffer.from(path),
      target: Buffer.of(),
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: body.length,
      mtime,
      xattrs: new Map(),
    },
    body: [body],
  };
}

/** As apk makes it: a signature, whose archive has no end, compressed by itself, and then the index. */
async function packageIndex(text: string, mtime = june): Promise<Buffer> {
  const signature = await tar([file('.SIGN.RSA.key.rsa.pub', 'signature', 0)]);
  const index = await tar([file('DESCRIPTION', 'v3.20'), file('APKINDEX', text, mtime)]);
  return Buffer.concat([gzipSync(signature.subarray(0, -1024)), gzipSync(index)]);
}

const listing = [
  'C:Q1abc=\nP:busybox\nV:1.36.1-r29\nA:x86_64\nS:4\nI:950272\nT:Size optimized\np:cmd:busybox=1.36.1-r29\n',
  'C:Q1def=\nP:tzdata\nV:2024a-r1\nA:noarch\nS:5\n',
  'P:vendor-tool\nV:1.0\nA:x86_64\nS:6\n',
  'P:nothing\n',
  '',
].join('\n');

const base = 'https://m.test/alpine/v3.20/main/x86_64';

describe('an index', () => {
  it.each([
    ['https://m.test/alpine/v3.20/main/x86_64', 'https://m.test/alpine/', 'v3.20/main/x86_64'],
    ['https://m.test/alpine/edge/testing/aarch64', 'https://m.test/alpine/', 'edge/testing/aarch64'],
    ['https://m.test/v3.9/community/x86', 'https://m.test/', 'v3.9/community/x86'],
    ['https://packages.test/os/x86_64', 'https://packages.test/', 'os/x86_64'],
    ['https://packages.test/x86_64', 'https://packages.test/', 'x86_64'],
    ['https://packages.test', 'https://packages.test/', '-'],
  ])('in %s is of the archive %s, suite %s', async (directory, url, suite) => {
    const archive = { url, suite, date: '2024-06-01T12:00:00Z' };
    expect(
      await recognised({ url: `${directory}/APKINDEX.tar.gz`, body: await packageIndex(listing) }),
    ).toEqual([{ class: 'index', archive }]);
  });

  it.each([0, -1, 2 ** 40])('has no date where its member’s is %d', async mtime => {
    const [found] = await recognised({
      url: `${base}/APKINDEX.tar.gz`,
      body: await packageIndex(listing, mtime),
    });
    expect(found).toMatchObject({ class: 'index', archive: { date: undefined } });
  });

  it('is none where it cannot be read', async () => {
    const url = `${base}/APKINDEX.tar.gz`;
    const whole = await packageIndex(listing);
    const other = await tar([file('README', 'x')]);
    for (const body of ['<html></html>', '', gzipSync('x'), gzipSync(other), whole.subarray(0, -40)])
      expect(await recognised({ url, body })).toEqual([undefined]);
    expect(await recognised({ url, status: 404 }, { url, status: 302 })).toEqual([
      { class: 'index' },
      { class: 'index' },
    ]);
  });
});

describe('a package', () => {
  it.each([
    ['busybox-1.36.1-r29.apk', 'busybox', '1.36.1-r29'],
    ['py3-pip-24.0-r2.apk', 'py3-pip', '24.0-r2'],
    ['font-noto-0_git20240401-r0.apk', 'font-noto', '0_git20240401-r0'],
    ['libstdc%2B%2B-13.2.1_git20240309-r0.apk', 'libstdc++', '13.2.1_git20240309-r0'],
    ['gtk%2B3.0-3.24.41-r0.apk', 'gtk+3.0', '3.24.41-r0'],
    ['openssl1.1-compat-1.1.1w-r1.apk', 'openssl1.1-compat', '1.1.1w-r1'],
    ['linux-firmware-20240513-r0.apk', 'linux-firmware', '20240513-r0'],
    ['llvm17-libs-17.0.6_rc1_p2-r1.apk', 'llvm17-libs', '17.0.6_rc1_p2-r1'],
    ['foo-1.2.3~abc123-r0.apk', 'foo', '1.2.3~abc123-r0'],
    ['a-1-2-r3.apk', 'a-1', '2-r3'],
  ])('%s is %s %s', async (path, name, version) => {
    expect(await recognised(`${base}/${path}`)).toEqual([
      { class: 'artefact', name, version, architecture: 'x86_64' },
    ]);
  });

  it('is what the index beside it lists, where that agrees on the size', async () => {
    const found = await recognised(
      { url: `${base}/APKINDEX.tar.gz`, body: await packageIndex(listing) },
      { url: `${base}/busybox-1.36.1-r29.apk`, body: '1234' },
      { url: `${base}/tzdata-2024a-r1.apk`, body: '12345' },
      { url: `${base}/vendor-tool-1.0.apk`, body: '123456' },
      { url: `${base}/tzdata-2024a-r1.apk?again`, body: 'otherbytes' },
      { url: `${base}/vendor-tool-1.0.apk?again`, body: 'other' },
      { url: 'https://other.test/x86_64/vendor-tool-1.0.apk', body: '123456' },
    );
    expect(found.slice(1)).toEqual([
      { class: 'artefact', name: 'busybox', version: '1.36.1-r29', architecture: 'x86_64' },
      { class: 'artefact', name: 'tzdata', version: '2024a-r1', architecture: 'noarch' },
      { class: 'artefact', name: 'vendor-tool', version: '1.0', architecture: 'x86_64' },
      { class: 'artefact', name: 'tzdata', version: '2024a-r1', architecture: 'x86_64' },
      undefined,
      undefined,
    ]);
  });

  it.each([
    'https://phones.test/app/app-1.0-r1.apk',
    `${base}/app-1.0.apk`,
    `${base}/app-r1.apk`,
    `${base}/-1.0-r1.apk`,
    `${base}/app-1.0-r1.apk.sig`,
    `${base}/app%2f-1.0-r1.apk`,
    `${base}/%zz-1.0-r1.apk`,
    `${base}/${'a-1'.repeat(200)}-1.0-r1.apk`,
    `${base}/`,
    'https://m.test/alpine/keys/a.rsa.pub',
  ])('%s is left', async url => expect(await recognised(url)).toEqual([undefined]));

  it('is an index’s word where there is none, or elsewhere, and nothing where something else is asked', async () => {
    const url = `${base}/busybox-1.36.1-r29.apk`;
    expect(
      await recognised(
        { url, status: 404 },
        { url, status: 302 },
        { url, status: 206 },
        { url, method: 'POST' },
      ),
    ).toEqual([{ class: 'index' }, { class: 'index' }, undefined, undefined]);
  });
});

describe('what is installed', () => {
  const installed = (files: Record<string, string>) => apk.installed?.(rootOfTexts(files));

  it('is every record but the virtual ones', () => {
    const database =
      `${listing}\nF:bin\nM:0:0:1777\nR:busybox\na:0:0:755\nZ:Q1x=\n\n` +
      'P:.build-deps\nV:20240601.120000\nA:noarch\nT:virtual meta package\n\n' +
      'P:build-deps\nV:0\nT:virtual meta package\n';
    const from = 'lib/apk/db/installed';
    expect(installed({ [from]: database })).toEqual([
      { name: 'busybox', version: '1.36.1-r29', architecture: 'x86_64', from },
      { name: 'tzdata', version: '2024a-r1', architecture: 'noarch', from },
      { name: 'vendor-tool', version: '1.0', architecture: 'x86_64', from },
    ]);
  });

  it('may lie below usr, or not be there', () => {
    expect(installed({ 'usr/lib/apk/db/installed': 'P:a\nV:1-r0\n' })).toEqual([
      { name: 'a', version: '1-r0', architecture: undefined, from: 'usr/lib/apk/db/installed' },
    ]);
    expect(installed({})).toEqual([]);
    expect(installed({ 'lib/apk/db/installed': '\0\n\n\n\nP:\nV:' })).toEqual([]);
  });
});

/** As `apk mkndx` of apk-tools 3.0.6 wrote it, of two packages. */
const adbIndex = Buffer.from(
  'QURCZHN0cdLLzEupMGFkAAMVRoYHrIk5BRmJbIZ6BrpFBiIer5a/W7DJxoI/MnBn+NxPO86/ez+PsYStwsIs3syE2dczROF3' +
    'R8n7c+oCbbqGHkJNZSeXbXjjuya1//XhzV+2u2bVfHnBBzSXg4GhAUg3mAOxFhDrALExEDNgAaIMDAIqTAwCLEmpJYlCRnoG' +
    '8emZJUYGRiYGhgaGukWGIlvdN1gtOq5j8Tdiya9jjarnYvznWyscWfNEaubpMM/rJiWHV6Z3vQo5lV86y7XtnKqxLdf+V9Gr' +
    'GRhA7pgAtHMqEO8lwh0iQHfoAt3BDGRHMDA8eADEzFA5CWA4gWgxRgYHBpaLu+1eWBavucdceFDRfqOiCC/L/D6xedv3aKto' +
    'cDvqdQp+Yn/lY3A9/t3jrgnvcjZqFLwSWfmo6YwDr7nYQbXK5DN3IkJzlDwUCp4qO+Y7mHP+aWO6ucr4h0QX66XJ5kKPH+9/' +
    '5md8vd8xNGx+6G/T3nLr+L6Jaxv0oxtWXvpmsa+B8WCPera+gdQutabVs/dN37GI4Wzt9tCodTHTtjr3VofNip3Qo2z2cdb9' +
    'p9OCL/7fE1F3qv+2ws6ulwqvDzbbpwZn2Epp7mV+crVtKbt2V/3H+CmMDc9/5agXKwdPsPCfN9/xmG9B8eRTP9uvz82ZExeo' +
    'Jae0xjhl4aX1Gnm37H682Ki1Tib+4coLl48ENE+ayN42f2WzKHe2y2tggAIA',
  'base64',
);

describe('an index of apk 3', () => {
  const at = 'https://m.test/v3/x86_64';

  it('names what lies beside it', async () => {
    const found = await recognised(
      { url: `${at}/Packages.adb`, body: adbIndex },
      { url: `${at}/beta-2.0_git20240101-r1.apk`, body: Buffer.alloc(557) },
      { url: `${at}/alpha-1.0-r0.apk`, body: Buffer.alloc(548) },
    );
    expect(found).toEqual([
      { class: 'index', archive: { url: 'https://m.test/', suite: 'v3/x86_64', date: undefined } },
      { class: 'artefact', name: 'beta', version: '2.0_git20240101-r1', architecture: 'x86_64' },
      { class: 'artefact', name: 'alpha', version: '1.0-r0', architecture: 'x86_64' },
    ]);
  });

  it.each(['ADB.', 'ADBc'])('may be written as %s', method => {
    const plain = inflateRawSync(adbIndex.subarray(4));
    const bytes = {
      'ADB.': plain,
      ADBc: Buffer.concat([Buffer.from('ADBc\x02\x03'), zstdCompressSync(plain)]),
    }[method];
    expect(readAdbIndex(bytes ?? Buffer.of())).toEqual(readAdbIndex(adbIndex));
  });

  it('is none where it is damaged, wherever that is', () => {
    const file = inflateRawSync(adbIndex.subarray(4));
    for (let cut = 0; cut < 200; cut++) expect(readAdbIndex(file.subarray(0, cut))).toBeUndefined();
    for (let at = 8; at < file.length; at++) {
      const other = Buffer.from(file);
      other[at] = 0xff;
      // It may read as something else, never fail.
      expect(readAdbIndex(other)?.length ?? 0).toBeLessThan(1000);
    }
    expect(readAdbIndex(Buffer.from('ADBd'))).toBeUndefined();
    expect(readAdbIndex(Buffer.from('ADBx'))).toBeUndefined();
  });
});
