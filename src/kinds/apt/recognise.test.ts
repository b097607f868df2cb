import { beforeAll, describe, expect, it } from 'vitest';
import { AptArchive } from '../../../testkit/apt/index.ts';
import { sha256, type Digest } from '../../core/index.ts';
import { aptRecogniser, type Recognised, type RecordedExchange } from './recognise.ts';

const june = new Date('2024-06-01T12:00:00Z');
const base = 'https://mirror.test/debian/';
const folder = 'pool/main/libh/libhello++1';

let archive: AptArchive;
const bodies = new Map<Digest, Buffer>();
let reads: Digest[] = [];

const readBody = async (digest: Digest): Promise<Buffer> => {
  reads.push(digest);
  const body = bodies.get(digest);
  if (body === undefined) throw new Error(`no body ${digest}`);
  return body;
};

function exchange(url: string, bytes?: Buffer, status = bytes === undefined ? 404 : 200): RecordedExchange {
  if (bytes === undefined) return { key: { method: 'GET', url }, responses: [{ status }] };
  const digest = sha256(bytes);
  bodies.set(digest, bytes);
  return { key: { method: 'GET', url }, responses: [{ status, body: { digest, size: bytes.length } }] };
}

/** The exchange that takes a file of the archive. */
function taken(path: string, url = base + path): RecordedExchange {
  const file = archive.files.get(path);
  if (file === undefined) throw new Error(`no file ${path}`);
  return exchange(url, file.bytes);
}

async function recognised(...exchanges: readonly RecordedExchange[]): Promise<(Recognised | undefined)[]> {
  reads = [];
  const recognise = await aptRecogniser(exchanges, readBody);
  return exchanges.map(recognise);
}

let byHash: string;

beforeAll(async () => {
  archive = await AptArchive.create();
  await archive.publish({
    date: june,
    packages: [
      { name: 'hello', version: '1.0-1' },
      { name: 'libhello++1', version: '1:1.0-1', architecture: 'amd64' },
    ],
  });
  const packages = archive.files.get('dists/stable/main/binary-amd64/Packages.xz')?.bytes ?? Buffer.of();
  byHash = `dists/stable/main/binary-amd64/by-hash/SHA256/${sha256(packages).slice(7)}`;
});

const index = { class: 'index', kind: 'apt', archive: base, suite: 'stable' };

describe('aptRecogniser', () => {
  it('knows indexes, with the date of the signed one, and packages by the index that lists them', async () => {
    const debUrl = `${base}${folder.replaceAll('+', '%2b')}/libhello%2b%2b1_1.0-1_amd64.deb`;
    const found = await recognised(
      taken('dists/stable/InRelease'),
      taken(byHash),
      taken(`${folder}/libhello++1_1.0-1_amd64.deb`, debUrl),
    );
    expect(found).toEqual([
      { ...index, path: 'InRelease', signed: true, date: june, digest: expect.stringMatching(/^sha256:/) },
      {
        ...index,
        path: 'main/binary-amd64/Packages.xz',
        signed: false,
        date: june,
        digest: expect.any(String),
      },
      {
        class: 'artefact',
        kind: 'apt',
        archive: base,
        name: 'libhello++1',
        version: '1:1.0-1',
        architecture: 'amd64',
        digest: expect.any(String),
        size: expect.any(Number),
        from: 'index',
      },
    ]);
  });

  it.each(['', '.gz', '.xz'])('reads Packages%s under its own name', async ending => {
    const [, , deb] = await recognised(
      taken('dists/stable/InRelease'),
      taken(`dists/stable/main/binary-amd64/Packages${ending}`),
      taken('pool/main/h/hello/hello_1.0-1_all.deb'),
    );
    expect(deb).toMatchObject({ name: 'hello', from: 'index' });
  });

  it('does not believe the index for other bytes than those it lists', async () => {
    const [, , deb] = await recognised(
      taken('dists/stable/InRelease'),
      taken(byHash),
      exchange(`${base}${folder}/libhello++1_1.0-1_amd64.deb`, Buffer.from('other')),
    );
    expect(deb).toMatchObject({ version: '1.0-1', digest: sha256('other'), from: 'url' });
  });

  it('reads a package from its URL where no index lists it', async () => {
    const found = await recognised(
      exchange('https://m.test/pool/main/a/app/app_2%253a1.0%2bb1-1_arm64.deb', Buffer.from('a')),
      exchange('https://m.test/pool/main/a/app/app_1.0_all.udeb?token=1', Buffer.from('b')),
    );
    expect(found).toMatchObject([
      { archive: undefined, name: 'app', version: '2:1.0+b1-1', architecture: 'arm64', from: 'url' },
      { name: 'app', version: '1.0', architecture: 'all' },
    ]);
  });

  it('takes a package’s own word where no index lists it: file names have no epoch', async () => {
    const [deb] = await recognised(taken(`${folder}/libhello++1_1.0-1_amd64.deb`));
    expect(deb).toMatchObject({
      name: 'libhello++1',
      version: '1:1.0-1',
      architecture: 'amd64',
      from: 'control',
    });
  });

  it('takes a redirect to a package, as of snapshot archives, for no input of its own', async () => {
    const path = `${folder}/libhello++1_1.0-1_amd64.deb`;
    const asked = exchange(base + path, undefined, 302);
    const [pointer, found] = await recognised(
      asked,
      taken(path, `https://past.test/archive/debian/20240601T000000Z/${path}`),
    );
    expect(pointer).toEqual({ class: 'pointer', kind: 'apt' });
    expect(found).toMatchObject({ class: 'artefact', name: 'libhello++1', version: '1:1.0-1' });
    expect(await recognised(exchange('https://x.test/tool_1_amd64.deb', undefined, 302))).toEqual([
      undefined,
    ]);
  });

  it('leaves what is not apt’s to others', async () => {
    expect(
      await recognised(
        exchange('https://m.test/releases/app_1.0_amd64.deb', Buffer.from('a')),
        exchange('https://m.test/dists/stable/main/installer-amd64/netboot.tar.gz', Buffer.from('a')),
        exchange('https://m.test/install.sh', Buffer.from('a')),
        exchange('https://m.test/Release', Buffer.from('not one')),
        { key: { method: 'POST', url: `${base}dists/stable/InRelease` }, responses: [] },
      ),
    ).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it('knows an index by its shape where there is no Release, and one that is not there', async () => {
    const found = await recognised(
      exchange(`${base}dists/stable/InRelease`),
      exchange(`${base}dists/stable/main/i18n/Translation-en.xz`),
      exchange(`${base}dists/stable/updates/main/binary-amd64/Packages.gz`, Buffer.from('damaged')),
    );
    const unknown = { date: undefined, digest: undefined };
    expect(found).toEqual([
      { ...index, path: 'InRelease', signed: true, ...unknown },
      { ...index, path: 'main/i18n/Translation-en.xz', signed: false, ...unknown },
      expect.objectContaining({ suite: 'stable/updates', path: 'main/binary-amd64/Packages.gz' }),
    ]);
  });

  it('goes by the last answer where a URL was answered twice', async () => {
    const first = taken('dists/stable/InRelease');
    const later = await AptArchive.create({ key: archive.key });
    const july = new Date('2024-07-01T12:00:00Z');
    await later.publish({ date: july, packages: [] });
    const bytes = later.files.get('dists/stable/InRelease')?.bytes ?? Buffer.of();
    const second = exchange(first.key.url, bytes);
    const [found] = await recognised({
      key: first.key,
      responses: [...first.responses, ...second.responses],
    });
    expect(found).toMatchObject({ date: july, digest: sha256(bytes) });
  });

  it('knows flat archives', async () => {
    const release = `Date: Sat, 01 Jun 2024 12:00:00 UTC\nSHA256:\n ${'0'.repeat(64)} 1 Packages\n`;
    const stanza = `Package: app\nVersion: 3\nArchitecture: all\nFilename: ./app.deb\nSize: 1\nSHA256: ${sha256('x').slice(7)}\n`;
    const found = await recognised(
      exchange('https://flat.test/repo/./Release', Buffer.from(release)),
      exchange('https://flat.test/repo/./Packages', Buffer.from(stanza)),
      exchange('https://flat.test/repo/./app.deb', Buffer.from('x')),
    );
    const flat = { archive: 'https://flat.test/repo/', suite: '/' };
    expect(found).toMatchObject([
      { ...flat, path: 'Release' },
      { ...flat, path: 'Packages' },
      { archive: flat.archive, name: 'app', version: '3', from: 'index' },
    ]);
  });

  it('stops reading indexes when every package is found', async () => {
    const [inRelease, deb] = [
      taken('dists/stable/InRelease'),
      taken('pool/main/h/hello/hello_1.0-1_all.deb'),
    ];
    await recognised(inRelease, taken(byHash), taken('dists/stable/main/binary-amd64/Packages.gz'), deb);
    expect(reads).toHaveLength(2);
  });

  it('reads no index when there is no package to look up, and survives a damaged one', async () => {
    await recognised(taken('dists/stable/InRelease'), taken(byHash));
    expect(reads).toHaveLength(1);
    const [, , deb] = await recognised(
      taken('dists/stable/InRelease'),
      exchange(base + byHash, Buffer.from('damaged')),
      taken('pool/main/h/hello/hello_1.0-1_all.deb'),
    );
    expect(deb).toMatchObject({ name: 'hello', from: 'control' });
  });
});
