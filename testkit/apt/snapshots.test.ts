import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AptArchive, serveSnapshots, type ArchiveServer } from './index.ts';

const june = new Date('2024-06-01T12:00:00Z');
const july = new Date('2024-07-01T12:00:00Z');
const old = 'pool/main/h/hello/hello_1.0-1_all.deb';

describe('an archive with a past', () => {
  let archive: AptArchive;
  let live: ArchiveServer;
  const servers: ArchiveServer[] = [];

  beforeAll(async () => {
    archive = await AptArchive.create();
    live = await archive.serve('debian');
    servers.push(live);
    await archive.publish({ date: june, packages: [{ name: 'hello', version: '1.0-1' }] });
    await archive.publish({ date: july, packages: [{ name: 'hello', version: '2.0-1' }] });
  });

  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  async function past(options: Parameters<typeof serveSnapshots>[1] = {}) {
    const server = await serveSnapshots({ debian: archive }, options);
    servers.push(server);
    return {
      server,
      get: (timestamp: string, path: string, redirect: 'manual' | 'follow' = 'manual') =>
        fetch(`${server.url}archive/debian/${timestamp}/${path}`, { redirect }),
    };
  }

  it('has forgotten its old packages where it is live, and keeps them in the snapshots', async () => {
    const { get } = await past();
    expect((await fetch(`${live.url}debian/${old}`)).status).toBe(404);
    expect((await fetch(`${live.url}dists/stable/InRelease`)).status).toBe(404);
    expect((await get('20240601T120000Z', old)).status).toBe(200);
    expect((await get('20240701T120000Z', old)).status).toBe(404);
  });

  it('leads from a date between two states to the earlier one', async () => {
    const { get } = await past();
    const answer = await get('20240615T000000Z', old);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(`/archive/debian/20240601T120000Z/${old}`);
    expect((await get('20240615T000000Z', old, 'follow')).status).toBe(200);
    expect((await get('20240601T115959Z', old)).status).toBe(404);
    expect((await get('yesterday', old)).status).toBe(404);
    const direct = await past({ redirects: false });
    const release = await direct.get('20240615T000000Z', 'dists/stable/InRelease');
    expect(await release.text()).toContain('Date: Sat, 01 Jun 2024 12:00:00 UTC');
  });

  it('has a state only once it was taken', async () => {
    const { get } = await past({ lag: 3_600_000 });
    expect((await get('20240601T125959Z', old)).status).toBe(404);
    expect((await get('20240601T130000Z', old)).status).toBe(200);
  });

  it('throttles as often as asked', async () => {
    const { server, get } = await past();
    server.throttle(2, 7);
    for (let n = 0; n < 2; n++) {
      const answer = await get('20240601T120000Z', old);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
    }
    expect((await get('20240601T120000Z', old)).status).toBe(200);
  });

  it('has suites that were taken down in the snapshots alone', async () => {
    const gone = await AptArchive.create({ key: archive.key });
    await gone.publish({ date: june, packages: [{ name: 'hello', version: '1.0-1' }] });
    gone.withdraw('stable', july);
    expect([...gone.files.keys()]).toEqual([]);
    expect(gone.history.map(({ files }) => files.has('dists/stable/InRelease'))).toEqual([true, false]);
  });
});
