import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  archiveLines,
  lockedImage,
  makeWorld,
  printedImage,
  programPackage,
  serveFiles,
  startServers,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
/** The lock as of the archive's first date. */
let lock: string;

const dockerfile = (packages: string) => `FROM debian:bookworm
${archiveLines(servers)}
RUN apt-get update && apt-get install -y ${packages}
RUN curl -fsSL ${servers.urls.files}/motd -o /etc/motd
`;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.debianBases();
  await servers.archive.publish({
    date: new Date('2026-02-01T00:00:00Z'),
    packages: [
      programPackage('hello', '1.0', 'libhello'),
      programPackage('libhello', '1.0'),
      programPackage('steady', '7'),
      programPackage('lost', '1.0'),
    ],
  });
  serveFiles(servers, { '/motd': 'February\n' });
  await world.write({ Dockerfile: dockerfile('hello'), 'test.gpg': servers.archive.key.gpg });
  await world.succeed('lock', servers.addHosts);
  lock = await world.readLock();
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

test('lock again writes nothing, and run again from nothing it comes to the same bytes', async () => {
  const { mtimeNs, ino } = await stat(world.lockPath, { bigint: true });
  const cached = await world.succeed('lock', ['--json', ...servers.addHosts]);
  expect(cached.json).toMatchObject({ changed: false, image: lockedImage(lock) });
  const uncached = await world.succeed('lock', ['--json', '--no-cache', ...servers.addHosts]);
  expect(uncached.json).toMatchObject({ changed: false, image: lockedImage(lock) });
  expect(await world.readLock()).toBe(lock);
  expect(await stat(world.lockPath, { bigint: true })).toMatchObject({ mtimeNs, ino });
});

test('a comment and line ends of Windows are no change', async () => {
  const text = `# a service\n${dockerfile('hello')}`.replaceAll(
    /\n(?!Types|URIs|Suites|Comp|Signed|EOF)/g,
    '\r\n',
  );
  await world.write({ Dockerfile: text });
  const built = await world.succeed('build', ['--locked']);
  expect(printedImage(built)).toBe(lockedImage(lock));
  await world.write({ Dockerfile: dockerfile('hello') });
});

test('the archive moves on, and build and lock still give the old image without asking anybody', async () => {
  await moveOn();
  const requests = servers.requestCount();
  await world.emptyCache();
  expect(printedImage(await world.succeed('build', servers.addHosts))).toBe(lockedImage(lock));
  await world.emptyCache();
  expect(printedImage(await world.succeed('lock', servers.addHosts))).toBe(lockedImage(lock));
  expect(await world.readLock()).toBe(lock);
  expect(servers.requestCount()).toBe(requests);
});

test('one more package adds its own line and moves no other', async () => {
  const requests = servers.apt.requests.length;
  await world.write({ Dockerfile: dockerfile('hello steady') });
  await world.succeed('lock', servers.addHosts);
  const now = await world.readLock();
  const added = inputLines(now).filter(line => !lock.includes(line));
  expect(added).toEqual([expect.stringContaining('name: "steady", version: "7"')]);
  expect(inputLines(now)).toEqual(expect.arrayContaining(inputLines(lock)));
  expect(asOf(now)).toBe(asOf(lock));
  expect(servers.apt.requests.slice(requests).map(({ url }) => url)).toEqual([
    expect.stringMatching(/\/steady_7_all\.deb$/),
  ]);
});

test('a package of the locked index that the archive has no more is an error that names its step and URL', async () => {
  const before = await world.readLock();
  await world.write({ Dockerfile: dockerfile('hello steady lost') });
  const { exit, stderr } = await world.run('lock', servers.addHosts);
  expect(exit, stderr).toBe(6);
  expect(stderr).toMatch(/Dockerfile:10/);
  expect(stderr).toMatch(/http:\/\/deb\.test:\d+\/\S*\/lost_1\.0_all\.deb/);
  expect(await world.readLock()).toBe(before);
});

/** A later date: other versions, other files, the old ones gone. */
async function moveOn(): Promise<void> {
  await servers.archive.publish({
    date: new Date('2026-03-01T00:00:00Z'),
    packages: [
      programPackage('hello', '2.0', 'libhello'),
      programPackage('libhello', '2.0'),
      programPackage('steady', '7'),
    ],
  });
  serveFiles(servers, { '/motd': 'March\n' });
  expect([...servers.archive.files.keys()].filter(path => path.endsWith('_1.0_all.deb'))).toEqual([]);
}

/** The lines of the sections of inputs: those that reviews read. */
const inputLines = (text: string) => text.split('\n').filter(line => line.startsWith('  - {'));
const asOf = (text: string) => /^asOf: .*$/m.exec(text)?.[0];
