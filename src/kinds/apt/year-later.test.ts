import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AptArchive,
  AptRoot,
  haveApt,
  serveSnapshots,
  type ArchiveServer,
} from '../../../testkit/apt/index.ts';
import type { UpstreamDocument } from '../kind.ts';
import { aptKind } from './kind.ts';

// The judge is the machine's own apt: it verifies signatures and digests of all that it is answered.
const judge = haveApt();
if (!judge)
  console.log('skipped: an archive as of a date, against apt-get, which this machine does not have');

const june = new Date('2024-06-01T12:00:00Z');
const locked = new Date('2024-06-15T00:00:00Z');
const july = new Date('2024-07-01T12:00:00Z');

async function upstream(url: string): Promise<UpstreamDocument> {
  const response = await fetch(url);
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

describe.skipIf(!judge)('an archive that has moved on, as of the lock’s date', () => {
  let archive: AptArchive;
  let live: ArchiveServer;
  let past: ArchiveServer;
  let gateway: Server;
  let root: AptRoot;

  beforeAll(async () => {
    archive = await AptArchive.create({ origin: 'Debian' });
    live = await archive.serve('debian');
    past = await serveSnapshots({ debian: archive }, { redirects: false });
    for (const [date, version] of [
      [june, '1.0-1'],
      [july, '2.0-1'],
    ] as const)
      await archive.publish({
        date,
        packages: [
          { name: 'hello', version, fields: { Depends: 'libhello' } },
          { name: 'libhello', version },
        ],
      });
    const kind = aptKind({ snapshots: { Debian: `${past.url}archive/debian` } });
    gateway = createServer((request, response) => {
      void answered(`${live.url}${(request.url ?? '/').slice(1)}`).then(({ status, body }) => {
        response.writeHead(status).end(body);
      });
    });
    const answered = async (url: string) => {
      const key = { method: 'GET', url, vary: {} };
      const answer = await kind.asOf?.({ key, headers: {} }, { asOf: locked, fetch: upstream });
      if (answer !== undefined) return answer;
      for (const place of [url, ...(kind.sources?.(url, { asOf: locked }) ?? [])]) {
        const document = await upstream(place);
        if (document.status === 200) return document;
      }
      return { status: 404, body: Buffer.alloc(0) };
    };
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const { port } = gateway.address() as AddressInfo;
    const sources = `Types: deb\nURIs: http://127.0.0.1:${port}/debian\nSuites: stable\nComponents: main\nSigned-By: @ROOT@/archive.gpg\n`;
    root = await AptRoot.create(sources, { 'archive.gpg': archive.key.gpg });
  });

  afterAll(async () => {
    gateway.close();
    await live.close();
    await past.close();
    await root.remove();
  });

  it('gives apt the packages of that date, though they are deleted', async () => {
    expect(await root.aptGet(['update'], ['APT::Update::Error-Mode=any'])).toMatchObject({ status: 0 });
    expect(await root.aptGet(['install', '--download-only', 'hello'])).toMatchObject({ status: 0 });
    const names = await readdir(join(root.path, 'var/cache/apt/archives'));
    expect(names.filter(name => name.endsWith('.deb'))).toEqual([
      'hello_1.0-1_all.deb',
      'libhello_1.0-1_all.deb',
    ]);
    expect([...archive.files.keys()].filter(path => path.includes('1.0-1'))).toEqual([]);
    expect(live.requests.filter(({ url }) => url.endsWith('InRelease'))).toHaveLength(1);
  });
});
