import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AptArchive, serveSnapshots, type ArchiveServer } from '../../../testkit/apt/index.ts';
import type { AsOfContext, UpstreamDocument } from '../kind.ts';
import { aptAsOf } from './as-of.ts';
import type { SnapshotServices } from './snapshots.ts';

const june = new Date('2024-06-01T12:00:00Z');
const between = new Date('2024-06-15T00:00:00Z');
const july = new Date('2024-07-01T12:00:00Z');
const inRelease = 'dists/stable/InRelease';
const packages = 'dists/stable/main/binary-amd64/Packages.xz';

/** As the gateway asks: it waits where it is told to, and takes redirects for answers. */
async function upstream(url: string): Promise<UpstreamDocument> {
  for (;;) {
    const response = await fetch(url, { redirect: 'manual' });
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status !== 429)
      return { status: response.status, headers: Object.fromEntries(response.headers), body };
    await setTimeout(Number(response.headers.get('retry-after')) * 1000);
  }
}

const at = (asOf: Date, fetched: AsOfContext['fetch'] = upstream): AsOfContext => ({ asOf, fetch: fetched });
const get = (url: string, method = 'GET') => ({ key: { method, url, vary: {} }, headers: {} });

describe('an index that the lock does not hold', () => {
  let archive: AptArchive;
  let live: ArchiveServer;
  let past: ArchiveServer;
  let services: SnapshotServices;

  beforeAll(async () => {
    archive = await AptArchive.create({ origin: 'Debian' });
    live = await archive.serve('debian');
    past = await serveSnapshots({ debian: archive });
    services = { Debian: `${past.url}archive/debian` };
    const old = { name: 'hello', version: '1.0-1' };
    await archive.publish({ date: june, packages: [old] });
    await archive.publish({ date: june, packages: [old], suite: 'dying' });
    await archive.publish({ date: july, packages: [{ ...old, version: '2.0-1' }] });
    archive.withdraw('dying', july);
  });

  afterAll(async () => {
    await live.close();
    await past.close();
  });

  const url = (path: string) => `${live.url}debian/${path}`;
  const wasOn = (date: Date, path: string) =>
    archive.history.findLast(state => state.date <= date)?.files.get(path)?.bytes;

  it('is asked live while the suite is not newer than the lock', async () => {
    const asOf = aptAsOf(services);
    const before = past.requests.length;
    expect(await asOf(get(url(inRelease)), at(july))).toBeUndefined();
    expect(await asOf(get(url(packages)), at(july))).toBeUndefined();
    expect(past.requests.length).toBe(before);
  });

  it('is what it was on that date once the suite has moved on', async () => {
    const asOf = aptAsOf(services);
    for (const name of ['InRelease', 'Release', 'Release.gpg', 'main/binary-amd64/Packages.xz']) {
      const path = `dists/stable/${name}`;
      const answer = await asOf(get(url(path)), at(between));
      expect(answer).toMatchObject({ status: 200, body: wasOn(between, path) });
      expect(answer?.headers).toContainEqual(['last-modified', june.toUTCString()]);
      expect(answer?.body).not.toEqual(archive.files.get(path)?.bytes);
    }
  });

  it('asks once a suite whether it has moved, whatever is asked for at the same time', async () => {
    const asOf = aptAsOf(services);
    const before = live.requests.length;
    await Promise.all([inRelease, packages, packages].map(path => asOf(get(url(path)), at(between))));
    expect(live.requests.slice(before).map(request => request.url)).toEqual([`/debian/${inRelease}`]);
    await asOf(get(url(inRelease)), at(june));
    expect(live.requests.length).toBe(before + 2);
  });

  it('asks again where the first question failed', async () => {
    const asOf = aptAsOf(services);
    const broken = () => Promise.reject(new Error('no answer'));
    await expect(asOf(get(url(inRelease)), at(between, broken))).rejects.toThrow('no answer');
    expect(await asOf(get(url(inRelease)), at(between))).toMatchObject({ status: 200 });
  });

  it('waits for a service that is asked too fast', async () => {
    past.throttle(3);
    const answer = await aptAsOf(services)(get(url(inRelease)), at(between));
    expect(answer?.body).toEqual(wasOn(between, inRelease));
  });

  it('is what the archive answers where the file was not there on that date', async () => {
    const answer = await aptAsOf(services)(get(url('dists/stable/main/i18n/Translation-de.xz')), at(between));
    expect(answer).toMatchObject({ status: 404 });
  });

  it('says so where the service has nothing so old', async () => {
    const failure = aptAsOf(services)(get(url(inRelease)), at(new Date('2019-01-01T00:00:00Z')));
    await expect(failure).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE', exit: 5 });
  });

  it.each([
    ['is later', () => archive.files.get(inRelease)?.bytes],
    ['is no Release file', () => Buffer.from('<html>')],
  ])('refuses what %s', async (_, body) => {
    const wrong = async (asked: string) =>
      asked.startsWith(past.url)
        ? { status: 200, headers: {}, body: body() ?? Buffer.alloc(0) }
        : upstream(asked);
    const failure = aptAsOf(services)(get(url(inRelease)), at(between, wrong));
    await expect(failure).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE', exit: 5 });
  });

  it('takes no refusal of the service for an answer', async () => {
    const wrong = async (asked: string) =>
      asked.startsWith(past.url) ? { status: 403, headers: {}, body: Buffer.alloc(0) } : upstream(asked);
    const failure = aptAsOf(services)(get(url(packages)), at(between, wrong));
    await expect(failure).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE' });
  });

  it('is in the snapshots though the suite was taken down', async () => {
    const asOf = aptAsOf(services);
    const path = 'dists/dying/InRelease';
    expect(await asOf(get(url(path)), at(between))).toMatchObject({
      status: 200,
      body: wasOn(between, path),
    });
    expect(await asOf(get(url('dists/never/InRelease')), at(between))).toBeUndefined();
  });

  it('is found by its hash in the next snapshot, where it was new on that date', async () => {
    const late = await serveSnapshots({ debian: archive }, { lag: 3_600_000 });
    const asOf = aptAsOf({ Debian: `${late.url}archive/debian` });
    const byHash =
      [...(archive.history[0]?.files.keys() ?? [])].find(path => path.includes('/by-hash/')) ?? '';
    expect(await asOf(get(url(byHash)), at(june))).toMatchObject({ status: 200, body: wasOn(june, byHash) });
    const unknown = byHash.replace(/[0-9a-f]{64}$/, '0'.repeat(64));
    expect(await asOf(get(url(unknown)), at(june))).toBeUndefined();
    await late.close();
  });

  it('gives up on redirects without an end', async () => {
    const loop = async (asked: string) =>
      asked.startsWith(past.url)
        ? { status: 302, headers: { location: asked }, body: Buffer.alloc(0) }
        : upstream(asked);
    const failure = aptAsOf(services)(get(url(inRelease)), at(between, loop));
    await expect(failure).rejects.toMatchObject({ code: 'APT_REDIRECT_LOOP', exit: 5 });
  });

  it('stays live where no service is known for the archive', async () => {
    expect(await aptAsOf({})(get(url(inRelease)), at(between))).toBeUndefined();
    const other = await AptArchive.create({ origin: 'Example' });
    const server = await other.serve('debian');
    await other.publish({ date: july, packages: [] });
    expect(await aptAsOf(services)(get(`${server.url}debian/${inRelease}`), at(between))).toBeUndefined();
    await server.close();
  });

  it.each([
    'http://deb.test/debian/pool/main/h/hello/hello_1.0-1_all.deb',
    'http://deb.test/debian/dists/stable/main/installer-amd64/current/images/netboot/netboot.tar.gz',
    'http://deb.test/debian/dists/stable/InRelease?x=1',
    'http://deb.test/debian/dists/a%2f..%2fb/InRelease',
    'http://deb.test/debian/dists/%zz/%/InRelease',
    'http://deb.test/InRelease',
    'git://deb.test/dists/stable/InRelease',
  ])('asks nobody about %s', async odd => {
    const nobody = () => Promise.reject(new Error('asked'));
    expect(await aptAsOf(services)(get(odd), at(between, nobody))).toBeUndefined();
    expect(await aptAsOf(services)(get(url(inRelease), 'POST'), at(between, nobody))).toBeUndefined();
  });
});
