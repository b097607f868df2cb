// One project for each package manager, with the tool itself: locked, then built with the network gone and nothing
// cached, the image is the same, and what is installed is what the lock's lines say.
import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NpmClients } from '../testkit/npm/index.ts';
import { haveRpmTools } from '../testkit/rpm/index.ts';
import { putInstallerBases } from './installers/base.ts';
import { genericFile, heavyInstallers, lightInstallers, type Installer } from './installers/fixtures.ts';
import { startInstallerServers, type InstallerServers } from './installers/servers.ts';
import { lockedImage, makeWorld, printedImage, withoutNetwork, type World } from './world.ts';

const withHeavy = process.env['HOLDFAST_TEST_HEAVY'] === '1';
if (!withHeavy) console.log('skipped: Cargo and Maven; HOLDFAST_TEST_HEAVY=1 runs them');
const noRpm = haveRpmTools();
if (noRpm !== undefined) console.log(`skipped: dnf; ${noRpm}`);

let world: World;
let servers: InstallerServers;
let installers: readonly Installer[];
let lock: string;
/** What the steps of the build offline said. */
let said: string;

beforeAll(async () => {
  world = await makeWorld();
  const [started, clients] = await Promise.all([
    startInstallerServers(noRpm === undefined),
    NpmClients.find(),
  ]);
  servers = started;
  await putInstallerBases(world.store, withHeavy);
  installers = [...(await lightInstallers(servers, clients)), ...(withHeavy ? heavyInstallers(servers) : [])];
  const lines = installers.map(one => one.lines).join('');
  for (const name of ['yarn', 'berry', 'pnpm'] as const)
    if (!clients.missing.has(name))
      await cp(clients.directoryOf(name), join(world.project, 'clients', name), {
        recursive: true,
        verbatimSymlinks: true,
      });
  await clients.close();
  await world.write({
    Dockerfile: `# Files of the context name these servers: ${servers.named}\nFROM installers${withHeavy ? '-heavy' : ''}:1\nCOPY clients /opt\n${lines}${genericFile(servers).lines}`,
    'clients/nothing': '',
    ...Object.assign({}, ...installers.map(one => one.files)),
  });
  await world.succeed('lock', servers.addHosts);
  lock = await world.readLock();
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  said = built.stderr;
  expect(printedImage(built)).toBe(lockedImage(lock));
}, 900_000);
afterAll(async () => {
  await servers.close();
  await world.close();
});

/** `NAME VERSION` of the lock's lines in a section. */
function locked(section: string): string[] {
  const [, body = ''] = new RegExp(`^${section}:\\n((?:  - .*\\n)*)`, 'm').exec(lock) ?? [];
  const lines = body.matchAll(/^ {2}- \{name: "([^"]+)", version: "([^"]+)"/gm);
  return [...new Set([...lines].map(([, name, version]) => `${name} ${version}`))].toSorted();
}

test('with nothing but lock and store, each package manager installs what the lock says', () => {
  for (const { label, section, installs, builds = [] } of installers) {
    const lines = said.matchAll(new RegExp(`  installed ${label} (\\S+ \\S+)$`, 'gm'));
    expect([...lines].map(([, one = '']) => one).toSorted(), label).toEqual(installs.toSorted());
    expect(locked(section), section).toEqual([...installs, ...builds].toSorted());
  }
});

test('no package of them is a mere file, and no index', () => {
  const [, body] = /^file:\n((?: {2}- .*\n)*)/m.exec(lock) ?? [];
  expect([...(body ?? '').matchAll(/url: "([^"]+)"/g)].map(([, url]) => url)).toEqual([
    genericFile(servers).url,
  ]);
});

test.runIf(noRpm === undefined)(
  'a repository of rpm packages is an archive of the lock with its date',
  () => {
    const archives = [...lock.matchAll(/\{kind: "rpm", url: "([^"]+)", suite: "-", date: "([^"]+)"/g)];
    expect(archives.map(([, url]) => url)).toEqual(servers.yum?.urls.map(url => `${url}/`).toSorted());
  },
);

test('who has the lock alone finds every package where it says', async () => {
  const names = ['npm.test', 'pypi.test', 'files.test', 'yum.test'];
  const env = { PATH: process.env['PATH'], HOSTS: names.map(name => `${name}=127.0.0.1`).join(' ') };
  const reader = join(import.meta.dirname, 'clean-room-reader.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [reader, world.lockPath], { env });
  const right = [...stdout.matchAll(/^right (\S+) (.*)$/gm)].map(
    ([, section = '', name = '']) => [section, name] as const,
  );
  for (const section of new Set(installers.map(one => one.section))) {
    const found = right.flatMap(([of, name]) => (of === section ? [name] : []));
    expect([...new Set(found)].toSorted(), section).toEqual(locked(section));
  }
});

test.runIf(noRpm === undefined)('a package more comes from the repository as it was locked', async () => {
  const later = ['greeting', 'greeter', 'extra'].map(name => ({ name, version: '9.0', epoch: 9 }));
  await servers.yum?.repositories[0].publish(later);
  const before = lock;
  const dockerfile = await readFile(join(world.project, 'Dockerfile'), 'utf8');
  await world.write({ Dockerfile: `${dockerfile}RUN dnf -y -q install extra && rpm -q extra-0.1\n` });
  await world.succeed('lock', servers.addHosts);
  lock = await world.readLock();
  const lines = (text: string) => text.split('\n').filter(line => line.startsWith('  - {'));
  expect(lines(lock)).toEqual(expect.arrayContaining(lines(before)));
  expect(lines(lock).filter(line => !lines(before).includes(line))).toEqual([
    expect.stringContaining('{name: "extra", version: "0.1-1", architecture: "noarch"'),
  ]);
});
