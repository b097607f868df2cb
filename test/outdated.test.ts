// What moved upstream since a lock was written, which moves close an advisory, and that a failed look-up is no silence.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allZip, FeedServer, trackerJson } from '../testkit/feeds/index.ts';
import {
  archiveLines,
  holdfast,
  makeWorld,
  programPackage,
  serveFiles,
  startServers,
  type RunResult,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
let feeds: FeedServer;

const lockDate = '2026-02-02T00:00:00Z';
const before = '2026-01-15T00:00:00Z';
const later = '2026-06-01T00:00:00Z';
const today = '2026-07-01T00:00:00Z';
const at = (date: string) => ({ env: { SOURCE_DATE_EPOCH: String(Date.parse(date) / 1000) } });

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  feeds = await FeedServer.start();
  await world.debianBases(['languages:1']);
  const { archive, pypi, npm, urls } = servers;
  await archive.publish({
    date: new Date('2026-02-01T00:00:00Z'),
    packages: [programPackage('hello', '1:2.0-1+deb12u1', 'libhello'), programPackage('libhello', '1.0')],
  });
  serveFiles(servers, { '/setup.sh': 'echo one >/set\n' });
  pypi.add('Web', '1.0', { uploadTime: before, requires: ['shared>=1'] });
  pypi.add('shared', '1.1', { uploadTime: before });
  npm.publish(
    { name: 'server', version: '1.0.0', time: before, dependencies: { util: '^1.0.0' } },
    { name: 'util', version: '1.0.0', time: before },
  );
  [npm.now, pypi.now] = [lockDate, new Date(lockDate)];
  const dockerfile = `FROM languages:1
${archiveLines(servers)}
RUN apt-get update && apt-get install -y hello
RUN curl -fsSL ${urls.files}/setup.sh -o /setup.sh && sh /setup.sh
RUN pip install --break-system-packages --index-url ${urls.pypi} --trusted-host pypi.test 'web<2'
WORKDIR /app
RUN npm install --registry ${urls.npm} server
`;
  const { url } = feeds;
  await world.write({
    Dockerfile: dockerfile,
    'test.gpg': archive.key.gpg,
    'holdfast.yaml': `advisories:
  debian: ["${url}/tracker"]
  osv: ["${url}/PyPI/all.zip", advisories]
  npm: ["${url}"]
  vex: [vex.json]
hold:
  - {name: util, until: 2026-03-01, why: "breaks the build"}
`,
    'vex.json': JSON.stringify({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      timestamp: before,
      statements: [
        {
          vulnerability: { name: 'CVE-2026-0012' },
          products: [{ '@id': 'pkg:npm/server' }],
          status: 'not_affected',
          justification: 'vulnerable_code_not_in_execute_path',
        },
      ],
    }),
    'advisories/GHSA-aaaa-bbbb-cccc.json': JSON.stringify({ id: 'GHSA-aaaa-bbbb-cccc', affected: [] }),
  });
  feeds.documents.set(
    '/tracker',
    trackerJson([
      { source: 'hello', id: 'CVE-2026-0001', status: 'resolved', fixed: '1:2.0-1+deb12u2' },
      { source: 'hello', id: 'CVE-2026-0002', status: 'resolved', fixed: '1:2.0-1' },
    ]),
  );
  feeds.documents.set(
    '/PyPI/all.zip',
    allZip([
      {
        id: 'GHSA-1111-2222-3333',
        ecosystem: 'PyPI',
        name: 'web',
        fixed: '1.1',
        aliases: ['CVE-2026-0010'],
        severity: 'HIGH',
      },
    ]),
  );
  feeds.audited.set('server', [
    {
      id: 1,
      url: 'https://github.com/advisories/GHSA-4444-5555-6666',
      title: 'A flaw',
      severity: 'moderate',
      vulnerable_versions: '<1.0.1',
    },
  ]);
  await world.succeed('lock', servers.addHosts, at(lockDate));

  await archive.publish({
    date: new Date(later),
    packages: [programPackage('hello', '1:2.0-1+deb12u3', 'libhello'), programPackage('libhello', '1.0')],
  });
  serveFiles(servers, { '/setup.sh': 'echo two >/set\n' });
  pypi.add('web', '1.1', { uploadTime: later, requires: ['shared'] });
  pypi.add('web', '2.0', { uploadTime: '2026-06-30T00:00:00Z', requires: ['shared'] });
  npm.publish({ name: 'util', version: '1.9.0', time: later });
  [npm.now, pypi.now] = [today, new Date(today)];
}, 600_000);
afterAll(async () => {
  await world.close();
  await servers.close();
  await feeds.close();
});

interface Item {
  kind: string;
  name: string;
  from: string;
  moves: boolean;
  lookUp?: {
    state: string;
    newest?: { version: string; since?: { clock: string } };
    inRange?: { version: string };
  };
  advisories: { flaw: string; state: string; closedBy?: string; fixedIn?: string }[];
}

const outdated = (...args: string[]) => world.run('outdated', [...servers.addHosts, ...args], at(today));

const itemsOf = ({ json }: RunResult) =>
  (json as { locks: { items: Item[] }[] }).locks.flatMap(({ items }) => items);

test('tells what moved, and what a move closes', async () => {
  const result = await outdated('--json');
  expect(result.exit, result.stderr + result.stdout).toBe(1);
  const items = itemsOf(result);
  const item = (name: string) => items.find(one => one.name === name && one.from !== 'base');
  expect(item('hello')).toMatchObject({
    kind: 'apt',
    moves: true,
    lookUp: { newest: { version: '1:2.0-1+deb12u3' } },
    advisories: [{ flaw: 'CVE-2026-0001', closedBy: 'in-range', fixedIn: '1:2.0-1+deb12u2' }],
  });
  expect(item('libhello')).toMatchObject({ moves: false });
  expect(item('web')).toMatchObject({
    lookUp: { newest: { version: '2.0', since: { clock: 'index' } }, inRange: { version: '1.1' } },
    advisories: [{ flaw: 'CVE-2026-0010', closedBy: 'in-range' }],
  });
  expect(item('util')).toMatchObject({ lookUp: { newest: { version: '1.9.0' } } });
  expect(item('server')).toMatchObject({ moves: false, advisories: [{ state: 'open', fixedIn: '1.0.1' }] });
  expect(item(`${servers.urls.files}/setup.sh`)).toMatchObject({
    moves: true,
    lookUp: { newest: { since: { clock: 'first-seen' } } },
  });
  expect(items.filter(({ lookUp }) => lookUp && lookUp.state !== 'ok').map(({ from }) => from)).not.toContain(
    'lock',
  );
});

test('text and markdown say it to people; feeds are asked once, and then whether they changed', async () => {
  feeds.requests.length = 0;
  const { stdout, exit } = await outdated();
  expect(exit).toBe(1);
  expect(stdout).toMatch(
    /high +CVE-2026-0010 +web +1\.0 → 2\.0 \(1\.1 in range\) +fixed in 1\.1, closed by moving/,
  );
  expect(stdout).toMatch(/util +1\.0\.0 → 1\.9\.0 +\d+ (days|months) old/);
  expect(stdout).toContain('util  the hold ended on 2026-03-01: breaks the build');
  expect(feeds.requests.toSorted()).toEqual([
    'GET /PyPI/all.zip 304',
    'GET /tracker 304',
    'POST /-/npm/v1/security/advisories/bulk 200',
  ]);
  const markdown = await outdated('--format', 'markdown');
  expect(markdown.stdout).toContain('| high | CVE-2026-0010 | pypi web |');
});

test('a look-up that fails is red, and in the exit code; a feed that fails is too', async () => {
  feeds.broken = 503;
  const broken = await outdated();
  expect(broken.exit).toBe(5);
  expect(broken.stdout).toContain('feeds that failed');
  // What was kept still counts.
  expect(broken.stdout).toContain('CVE-2026-0001');
  feeds.broken = undefined;
  const { pypi } = servers;
  const hidden = pypi.now;
  pypi.now = new Date('2020-01-01T00:00:00Z');
  const gone = await outdated();
  pypi.now = hidden;
  expect(gone.exit).toBe(5);
  expect(gone.stdout).toMatch(/✗ gone +pypi web/);
});

const changes = ({ json }: RunResult) =>
  (json as { changes: { section: string; name: string; from: string[]; to: string[] }[] }).changes
    .filter(({ section }) => section !== 'archives')
    .map(({ section, name, from, to }) => `${section} ${name} ${from.join()} > ${to.join()}`);

const update = (...args: string[]) =>
  world.run('update', [...args, '--json', ...servers.addHosts], at(today));

test('--min-age: what is younger waits, but for what closes an advisory', async () => {
  const { npm, pypi } = servers;
  pypi.add('shared', '1.2', { uploadTime: '2026-06-30T00:00:00Z' });
  npm.publish({
    name: 'server',
    version: '1.0.1',
    time: '2026-06-30T00:00:00Z',
    dependencies: { util: '^1.0.0' },
  });
  const result = await update('--dry-run', '--min-age', '7d');
  expect(result.exit, result.stderr).toBe(0);
  expect(changes(result)).toEqual([
    'apt hello (all) 1:2.0-1+deb12u1 > 1:2.0-1+deb12u3',
    'pypi web 1.0 > 1.1',
    'npm server 1.0.0 > 1.0.1',
    'npm util 1.0.0 > 1.9.0',
  ]);
  expect(result.json).toMatchObject({ asOf: '2026-06-24T00:00:00Z' });
  const { notes } = result.json as { notes: string[] };
  expect(notes.filter(note => note.startsWith('waits: ')).map(note => note.split(/[ ,]+/)[2])).toEqual(
    expect.arrayContaining(['shared', `${servers.urls.files}/setup.sh`]),
  );
  const patient = await update('--dry-run', '--only', 'npm', '--min-age', '7d', '--security-min-age', '7d');
  expect(changes(patient)).toEqual(['npm util 1.0.0 > 1.9.0']);
  // What was not asked for does not wait.
  const kindsWaiting = (patient.json as { notes: string[] }).notes.map(
    note => /^waits[^:]*: (\S+)/.exec(note)?.[1],
  );
  expect(new Set(kindsWaiting)).toEqual(new Set(['npm']));
});

test('--security moves what closes an advisory and nothing else; a feed that is down leaves the lock', async () => {
  const lock = await world.readLock();
  feeds.broken = 500;
  const broken = await update('--security');
  feeds.broken = undefined;
  expect(broken.exit).toBe(5);
  expect(broken.stderr).toContain('UPDATE_LOOKUP_FAILED');
  expect(await world.readLock()).toBe(lock);

  // Where all that closes one is held, nothing moves, and that is not told as if nothing closed one.
  const hold = (name: string, ...args: string[]) =>
    holdfast(['hold', name, world.project, ...args], { env: { HOME: world.home } });
  const fixed = ['hello', 'web', 'server'];
  for (const name of fixed) await hold(name, '--until', '2099-01-01', '--why', 'slow');
  expect((await update('--security')).json).toMatchObject({
    written: false,
    notes: ['apt hello', 'pypi web', 'npm server'].map(
      name => `held, though a move closes an advisory: ${name}`,
    ),
  });
  for (const name of fixed) await hold(name, '--release');

  const result = await update('--security');
  expect(result.exit, result.stderr).toBe(0);
  expect(changes(result)).toEqual([
    'apt hello (all) 1:2.0-1+deb12u1 > 1:2.0-1+deb12u3',
    'pypi web 1.0 > 1.1',
    'npm server 1.0.0 > 1.0.1',
  ]);
  const { advisories } = result.json as { advisories: Record<string, { flaw: string }[]> };
  expect(advisories['closed']?.map(({ flaw }) => flaw).toSorted()).toEqual([
    'CVE-2026-0001',
    'CVE-2026-0010',
    'GHSA-4444-5555-6666',
  ]);
  expect(advisories['left']).toEqual([]);
  const again = await update('--security');
  expect(again.json).toMatchObject({ written: false });
});
