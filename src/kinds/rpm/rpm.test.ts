import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { storedXz } from '../../../testkit/apt/xz.ts';
import { hexOf, sha256 } from '../../core/index.ts';
import { recognised as of, type Answered } from '../testing.ts';
import { rpm } from './index.ts';

const recognised = (...answered: readonly (Answered | string)[]) => of(rpm, answered);

const index = { class: 'index' };

const repomd = (revision = '1717243200', times: readonly number[] = []) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="urn:repo" xmlns:rpm="urn:rpm">\n` +
  `<revision>${revision}</revision>\n${times
    .map(
      time =>
        `<data type="primary"><checksum type="sha256">00</checksum><timestamp>${time}</timestamp></data>`,
    )
    .join('')}</repomd>\n`;

interface Listed {
  readonly name: string;
  readonly epoch?: string;
  readonly architecture?: string;
  readonly content: string;
}

const primary = (...packages: readonly Listed[]) =>
  `<?xml version="1.0"?>\n<metadata xmlns="urn:common" xmlns:rpm="urn:rpm" packages="${packages.length}">\n${packages
    .map(
      ({ name, epoch = '0', architecture = 'x86_64', content }) =>
        `<package type="rpm">\n  <name>${name}</name>\n  <arch>${architecture}</arch>\n` +
        `  <version epoch="${epoch}" ver="1.0" rel="1.el9"/>\n` +
        `  <checksum type="sha256" pkgid="YES">${hexOf(sha256(content))}</checksum>\n` +
        `  <summary>a &amp; b</summary>\n  <packager>P</packager>\n  <location href="Packages/${name}.rpm"/>\n` +
        `  <format><rpm:provides><rpm:entry name="x"/></rpm:provides></format>\n</package>\n`,
    )
    .join('')}</metadata>\n`;

const base = 'https://m.test/rocky/9/BaseOS/x86_64/os';
const repository = { url: `${base}/repodata/repomd.xml`, body: repomd() };

/** A repomd.xml that names a primary of these bytes, and the primary. */
function withPrimary(ending: string, body: Buffer, algorithm = 'sha256'): [Answered, Answered] {
  const checksum = createHash(algorithm === 'sha' ? 'sha1' : algorithm)
    .update(body)
    .digest('hex');
  const data = `<data type="primary"><checksum type="${algorithm}">${checksum}</checksum></data>`;
  return [
    { url: `${base}/repodata/repomd.xml`, body: repomd().replace('</repomd>', `${data}</repomd>`) },
    { url: `${base}/repodata/primary.xml${ending}`, body },
  ];
}

describe('repomd.xml', () => {
  it.each([
    [
      'https://m.test/fedora/linux/releases/40/Everything/x86_64/os',
      'https://m.test/fedora/linux/releases/',
      '40/Everything/x86_64/os',
    ],
    ['https://m.test/9-stream/BaseOS/x86_64/os', 'https://m.test/', '9-stream/BaseOS/x86_64/os'],
    ['https://m.test/dist/ubi9/9/x86_64/baseos/os', 'https://m.test/dist/ubi9/', '9/x86_64/baseos/os'],
    ['https://m.test/centos/7/os/x86_64', 'https://m.test/centos/', '7/os/x86_64'],
    ['https://m.test/leap/15.6/repo/oss', 'https://m.test/leap/', '15.6/repo/oss'],
    ['https://m.test/tumbleweed/repo/oss', 'https://m.test/', 'tumbleweed/repo/oss'],
    ['https://m.test/yum/stable/x86_64', 'https://m.test/yum/stable/x86_64/', '-'],
    ['https://m.test', 'https://m.test/', '-'],
  ])('in %s is of the archive %s, suite %s', async (directory, url, suite) => {
    const archive = { url, suite, date: '2024-06-01T12:00:00Z' };
    expect(await recognised({ ...repository, url: `${directory}/repodata/repomd.xml` })).toEqual([
      { class: 'index', archive },
    ]);
  });

  it.each([
    ['1717243200', [1], '2024-06-01T12:00:00Z'],
    ['3', [1717243100, 1717243200, 17], '2024-06-01T12:00:00Z'],
    ['9.4', [], undefined],
    ['99999999999999', [], undefined],
    ['', [], undefined],
  ])('with revision %j and times %j has the date %s', async (revision, times, date) => {
    const [found] = await recognised({ ...repository, body: repomd(revision, times) });
    expect(found).toMatchObject({ class: 'index', archive: { date } });
  });

  it.each(['', '<html></html>', '<repomd>', '<!DOCTYPE repomd><repomd/>', 'x'])(
    'is none where it is %j',
    async body => expect(await recognised({ ...repository, body })).toEqual([undefined]),
  );

  it('vouches for what lies beside it', async () => {
    const hash = hexOf(sha256('metadata'));
    const found = await recognised(
      repository,
      `${base}/repodata/anything.yaml`,
      `${base}/repodata/repomd.xml.asc`,
      { url: `https://mirror.test/os/repodata/${hash}-primary.xml.zck`, body: 'metadata' },
      { url: `${base}/repodata/${hash}-primary.xml.zck`, body: 'something else' },
      { url: 'https://mirror.test/os/repodata/repomd.xml', status: 404 },
      { url: 'https://mirror.test/os/repodata/repomd.xml', status: 302 },
      'https://mirror.test/os/repodata/anything.yaml',
      { ...repository, method: 'POST' },
    );
    expect(found.slice(1)).toEqual([index, index, index, undefined, index, index, undefined, undefined]);
  });
});

describe('mirrors', () => {
  const old = '<metalink xmlns="m"><files><file name="repomd.xml"><size>1</size></file></files></metalink>';
  const rfc = '<metalink xmlns="urn:ietf"><file name="repomd.xml"/></metalink>';

  it.each([
    ['https://mirrors.test/metalink?repo=fedora-40&arch=x86_64', old, 'application/metalink+xml'],
    ['https://mirrors.test/list?repo=fedora-40', rfc, 'application/metalink4+xml'],
    [
      'https://mirrors.test/mirrorlist?arch=x86_64&repo=rocky-BaseOS-9',
      `# repo\n\n${base}\nftp://b.test/x/\n`,
      'text/plain',
    ],
    ['https://mirrors.test/mirrorlist/9/baseos', `https://a.test/x/\r\n${base}/\r\n`, 'text/plain'],
  ])('%s is index', async (url, body, type) => {
    expect(await recognised(repository, { url, body, type })).toEqual([expect.anything(), index]);
  });

  it.each([
    ['https://mirrors.test/mirrorlist', 'https://elsewhere.test/x/\n'],
    ['https://mirrors.test/mirrorlist', `Server = ${base}\n`],
    ['https://mirrors.test/mirrorlist', ''],
    ['https://mirrors.test/list', `${base}\n`],
    ['https://mirrors.test/x.metalink', '<metalink><files><file name="disk.iso"/></files></metalink>'],
    ['https://mirrors.test/metalink', '<metalink>'],
  ])('%s with %j is left', async (url, body) => {
    expect(await recognised(repository, { url, body })).toEqual([expect.anything(), undefined]);
  });
});

describe('a package', () => {
  it.each([
    ['Packages/b/bash-5.1.8-9.el9.x86_64.rpm', 'bash', '5.1.8-9.el9', 'x86_64'],
    [
      'Packages/g/glibc-minimal-langpack-2.34-100.el9_4.2.x86_64.rpm',
      'glibc-minimal-langpack',
      '2.34-100.el9_4.2',
      'x86_64',
    ],
    [
      'Packages/java-1.8.0-openjdk-1.8.0.412.b08-2.el9.x86_64.rpm',
      'java-1.8.0-openjdk',
      '1.8.0.412.b08-2.el9',
      'x86_64',
    ],
    ['libstdc%2B%2B-11.4.1-3.el9.i686.rpm', 'libstdc++', '11.4.1-3.el9', 'i686'],
    ['x/rust-1.0~rc1%5Egit1-1.noarch.rpm', 'rust', '1.0~rc1^git1-1', 'noarch'],
    ['bash-5.1.8-9.el9.src.rpm', 'bash', '5.1.8-9.el9', 'src'],
  ])('%s is %s %s %s by its name', async (path, name, version, architecture) => {
    const [, found] = await recognised(repository, `${base}/${path}`);
    expect(found).toEqual({ class: 'artefact', name, version, architecture });
  });

  it.each([
    ['.gz', gzipSync],
    ['.xz', (text: string) => storedXz(Buffer.from(text))],
    ['.zst', zstdCompressSync],
    ['', (text: string) => Buffer.from(text)],
  ])(
    'is what primary.xml%s lists with its digest, epoch included, at any mirror',
    async (ending, compress) => {
      const text = primary(
        { name: 'other', content: 'other' },
        { name: 'bind-libs', epoch: '32', content: 'bytes of bind' },
        { name: 'basesystem', architecture: 'noarch', content: 'bytes of base' },
      );
      const [, , ...found] = await recognised(
        ...withPrimary(ending, compress(text)),
        { url: 'https://far.test/x/bind-libs-1.0-1.el9.x86_64.rpm', body: 'bytes of bind' },
        { url: `${base}/base.rpm`, body: 'bytes of base' },
        { url: `${base}/Packages/bind-libs-1.0-1.el9.x86_64.rpm`, body: 'other bytes' },
      );
      const artefact = { class: 'artefact', name: 'bind-libs', architecture: 'x86_64' };
      expect(found).toEqual([
        { ...artefact, version: '32:1.0-1.el9' },
        { class: 'artefact', name: 'basesystem', version: '1.0-1.el9', architecture: 'noarch' },
        { ...artefact, version: '1.0-1.el9' },
      ]);
    },
  );

  it('is found in metadata of many pieces', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => ({ name: `päckage${n}`, content: `c${n}` }));
    const last = { name: 'last', epoch: '1', content: 'bytes' };
    const [, , found] = await recognised(...withPrimary('.gz', gzipSync(primary(...many, last))), {
      url: 'https://far.test/last.rpm',
      body: 'bytes',
    });
    expect(found).toMatchObject({ name: 'last', version: '1:1.0-1.el9' });
  });

  it.each([
    ['damaged', gzipSync(primary({ name: 'a', content: 'bytes' })).subarray(0, 60)],
    ['not compressed', 'x'],
    ['without end', gzipSync(`<package ${'x'.repeat(3_000_000)}`)],
    ['of an impossible name', gzipSync(primary({ name: '../a b', content: 'bytes' }))],
    ['of an impossible epoch', gzipSync(primary({ name: 'a', epoch: '-1', content: 'bytes' }))],
    ['with entities', gzipSync(primary({ name: '&a;', content: 'bytes' }))],
  ])('is read from its name where the metadata is %s', async (_, body) => {
    const [, , found] = await recognised(...withPrimary('.gz', Buffer.from(body)), {
      url: `${base}/Packages/app-2-3.noarch.rpm`,
      body: 'bytes',
    });
    expect(found).toEqual({ class: 'artefact', name: 'app', version: '2-3', architecture: 'noarch' });
  });

  it.each(['sha', 'sha1', 'sha512'])('is believed of a primary that repomd.xml has the %s of', async type => {
    const body = gzipSync(primary({ name: 'app', epoch: '3', content: 'bytes' }));
    const far = { url: 'https://far.test/app.rpm', body: 'bytes' };
    const [, , found] = await recognised(...withPrimary('.gz', body, type), far);
    expect(found).toMatchObject({ class: 'artefact', name: 'app', version: '3:1.0-1.el9' });
  });

  it('is not believed of a primary that no repomd.xml has the checksum of', async () => {
    const body = gzipSync(primary({ name: 'app', epoch: '3', content: 'bytes' }));
    const [named] = withPrimary('.gz', Buffer.from('another one'));
    const far = { url: 'https://far.test/app.rpm', body: 'bytes' };
    const [, , found] = await recognised(named, { url: `${base}/repodata/primary.xml.gz`, body }, far);
    expect(found).toBeUndefined();
  });

  it.each([
    'https://vendor.test/epel-release-latest-9.noarch.rpm',
    'https://vendor.test/app-1.0-1.x86_64.rpm',
    `${base}/app.rpm`,
    `${base}/app-1.x86_64.rpm`,
    `${base}/-1-2.x86_64.rpm`,
    `${base}/app-1-2.x%2086.rpm`,
    `${base}/app-1-2.drpm`,
    `${base}/%zz-1-2.x86_64.rpm`,
    `${base}/${'-'.repeat(5000)}.x86_64.rpm`,
    `${base}/images/boot.iso`,
  ])('%s is left', async url => {
    expect(await recognised(repository, url)).toEqual([expect.anything(), undefined]);
  });

  it('is an index’s word where it is not there or elsewhere', async () => {
    const url = `${base}/Packages/app-1-2.noarch.rpm`;
    expect(await recognised({ url, status: 404 }, { url, status: 302 }, { url, status: 206 })).toEqual([
      index,
      index,
      undefined,
    ]);
  });
});
