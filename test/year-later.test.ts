// A year later one word is added to each of three commands: the lock gets what these words need, as of its date, and
// every other byte stays.
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  archiveLines,
  lockedImage,
  makeWorld,
  printedImage,
  programPackage,
  startServers,
  withoutNetwork,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
let lock: string;

const lockDate = '2026-02-02T00:00:00Z';
const before = '2026-01-15T00:00:00Z';
const later = '2026-06-01T00:00:00Z';

interface Wanted {
  readonly apt: string;
  readonly pip: string;
  readonly npm: string;
}

const dockerfile = ({ apt, pip, npm }: Wanted) => `FROM languages:1
${archiveLines(servers)}
RUN apt-get update && apt-get install -y ${apt}
RUN pip install --break-system-packages --index-url ${servers.urls.pypi} --trusted-host pypi.test ${pip}
WORKDIR /app
RUN npm install --registry ${servers.urls.npm} ${npm}
`;

const then: Wanted = { apt: 'hello', pip: 'web', npm: 'server' };
const now: Wanted = { apt: 'hello extra', pip: 'web more', npm: 'server added' };

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.debianBases();
  const { pypi, npm } = servers;
  await servers.archive.publish({
    date: new Date('2026-02-01T00:00:00Z'),
    packages: [
      programPackage('hello', '1.0', 'libhello'),
      programPackage('libhello', '1.0'),
      programPackage('extra', '1.0', 'libhello, libextra'),
      programPackage('libextra', '1.0'),
    ],
  });
  pypi.add('Web', '1.0', { uploadTime: before, requires: ['shared>=1'] });
  pypi.add('shared', '1.1', { uploadTime: before });
  pypi.add('more', '3.0', { uploadTime: before, requires: ['shared', 'fresh'] });
  pypi.add('fresh', '0.9', { uploadTime: before, files: ['sdist'], buildRequires: ['maker'] });
  pypi.add('maker', '5', { uploadTime: before });
  npm.publish(
    { name: 'server', version: '1.0.0', time: before, dependencies: { util: '^1.0.0' } },
    { name: 'util', version: '1.0.0', time: before },
    { name: 'added', version: '4.0.0', time: before, dependencies: { util: '^1.0.0', leaf: '*' } },
    { name: 'leaf', version: '0.1.0', time: before },
    // npm looks for a newer npm.
    { name: 'npm', version: '1.0.0', time: before },
  );
  at(lockDate);
  await world.write({ Dockerfile: dockerfile(then), 'test.gpg': servers.archive.key.gpg });
  await world.succeed('lock', servers.addHosts, dated);
  lock = await world.readLock();
  await moveOn();
}, 600_000);
afterAll(async () => {
  await world.close();
  await servers.close();
});

const dated = { env: { SOURCE_DATE_EPOCH: String(Date.parse(lockDate) / 1000) } };

function at(date: string): void {
  servers.npm.now = date;
  servers.pypi.now = new Date(date);
}

/** Every package gets newer versions, and some are there for the first time. */
async function moveOn(): Promise<void> {
  const { archive, pypi, npm } = servers;
  await archive.publish({
    date: new Date(later),
    packages: ['hello', 'libhello', 'extra', 'libextra', 'newborn'].map(name => programPackage(name, '2.0')),
    keepOldFiles: true,
  });
  for (const project of ['web', 'shared', 'more', 'fresh', 'maker', 'newborn'])
    pypi.add(project, '9.0', { uploadTime: later });
  npm.publish(
    ...['server', 'util', 'added', 'leaf', 'newborn'].map(name => ({ name, version: '9.0.0', time: later })),
    { name: 'util', version: '1.9.0', time: later },
  );
  at('2027-01-01T00:00:00Z');
}

test('the lock reads as what was installed', () => {
  expect(named('apt')).toEqual(['hello 1.0', 'libhello 1.0']);
  expect(named('pypi')).toEqual(['shared 1.1', 'web 1.0']);
  expect(named('npm')).toEqual(['server 1.0.0', 'util 1.0.0']);
  expect(lock).not.toMatch(/^file:/m);
});

test.each([
  ['apt', { ...then, apt: 'hello newborn' }, 'STEP_FAILED', "lock's date"],
  ['pip', { ...then, pip: 'web newborn' }, 'AS_OF_ABSENT', '/simple/newborn/'],
  ['npm', { ...then, npm: 'server newborn' }, 'AS_OF_ABSENT', '/newborn'],
])('%s: a name that came later is an error that says so', async (_client, wanted, code, text) => {
  await world.write({ Dockerfile: dockerfile(wanted) });
  const { exit, stderr } = await world.run('lock', servers.addHosts);
  expect(exit, stderr).toBe(6);
  expect(stderr).toContain(code);
  expect(stderr).toContain(text);
  expect(stderr).toContain(lockDate);
  expect(await world.readLock()).toBe(lock);
});

test('a word more adds its own lines as of the date, and every other byte stays', async () => {
  await world.write({ Dockerfile: dockerfile(now) });
  await world.succeed('lock', servers.addHosts);
  const text = await world.readLock();
  const lines = (lockText: string) => lockText.split('\n').filter(line => line.startsWith('  - {'));
  expect(lines(text)).toEqual(expect.arrayContaining(lines(lock)));
  const added = lines(text).filter(line => !lines(lock).includes(line));
  expect(added.map(nameAndVersion).toSorted()).toEqual([
    'added 4.0.0',
    'extra 1.0',
    'fresh 0.9',
    'leaf 0.1.0',
    'libextra 1.0',
    'maker 5',
    'more 3.0',
  ]);
  expect(/^asOf: .*$/m.exec(text)?.[0]).toBe(/^asOf: .*$/m.exec(lock)?.[0]);

  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(built)).toBe(lockedImage(text));
});

const nameAndVersion = (line: string) => {
  const [, name, version] = /name: "([^"]+)", version: "([^"]+)"/.exec(line) ?? [];
  return `${name} ${version}`;
};

function named(section: string): string[] {
  const [, body = ''] = new RegExp(`^${section}:\\n((?:  - .*\\n)*)`, 'm').exec(lock) ?? [];
  return body.trimEnd().split('\n').map(nameAndVersion);
}
