// A lock is moved forward, as a whole or in part: what is named moves, and every other byte stays.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  archiveLines,
  holdfast,
  lockedImage,
  makeWorld,
  printedImage,
  programPackage,
  serveFiles,
  startServers,
  withoutNetwork,
  type RunResult,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
let first: string;
let firstDiffIds: readonly string[];

const lockDate = '2026-02-02T00:00:00Z';
const before = '2026-01-15T00:00:00Z';
const later = '2026-06-01T00:00:00Z';
const today = '2026-07-01T00:00:00Z';

const at = (date: string) => ({ env: { SOURCE_DATE_EPOCH: String(Date.parse(date) / 1000) } });

const dockerfile = (pip = 'web') => `FROM languages:1
${archiveLines(servers)}
RUN apt-get update && apt-get install -y hello
RUN curl -fsSL ${servers.urls.files}/setup.sh -o /setup.sh && sh /setup.sh
RUN pip install --break-system-packages --index-url ${servers.urls.pypi} --trusted-host pypi.test ${pip}
WORKDIR /app
RUN npm install --registry ${servers.urls.npm} server
`;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.debianBases();
  const { archive, pypi, npm } = servers;
  await archive.publish({
    date: new Date('2026-02-01T00:00:00Z'),
    packages: [programPackage('hello', '1.0', 'libhello'), programPackage('libhello', '1.0')],
  });
  serveFiles(servers, { '/setup.sh': 'set -e\necho one >/set\n' });
  pypi.add('Web', '1.0', { uploadTime: before, requires: ['shared>=1'] });
  pypi.add('shared', '1.1', { uploadTime: before });
  npm.publish(
    { name: 'server', version: '1.0.0', time: before, dependencies: { util: '^1.0.0' } },
    { name: 'util', version: '1.0.0', time: before },
    { name: 'npm', version: '1.0.0', time: before },
  );
  [npm.now, pypi.now] = [lockDate, new Date(lockDate)];
  await world.write({ Dockerfile: dockerfile(), 'test.gpg': archive.key.gpg });
  await world.succeed('lock', servers.addHosts, at(lockDate));
  first = await world.readLock();
  firstDiffIds = await diffIds();

  await archive.publish({
    date: new Date(later),
    packages: [programPackage('hello', '2.0', 'libhello'), programPackage('libhello', '2.0')],
  });
  serveFiles(servers, { '/setup.sh': 'set -e\necho two >/set\n' });
  for (const project of ['web', 'shared', 'more']) pypi.add(project, '9.0', { uploadTime: later });
  pypi.add('web', '9.1', { uploadTime: later, requires: ['shared'] });
  npm.publish(
    { name: 'server', version: '9.0.0', time: later, dependencies: { util: '^1.0.0' } },
    { name: 'util', version: '1.9.0', time: later },
  );
  [npm.now, pypi.now] = [today, new Date(today)];
}, 600_000);
afterAll(async () => {
  await world.close();
  await servers.close();
});

async function diffIds(): Promise<readonly string[]> {
  const { json } = await world.succeed('build', ['--locked', '--json'], { through: withoutNetwork });
  return (json as { diffIds: string[] }).diffIds;
}

const update = (...args: string[]) => world.succeed('update', [...args, ...servers.addHosts], at(today));

const changes = ({ json }: RunResult) =>
  (json as { changes: { section: string; name: string; from: string[]; to: string[] }[] }).changes.map(
    ({ section, name, from, to }) => `${section} ${name} ${from.join()} > ${to.join()}`,
  );

test('names that the lock does not have are refused', async () => {
  const { exit, stderr } = await world.run('update', ['--only', 'nothing', ...servers.addHosts]);
  expect(exit, stderr).toBe(2);
  expect(stderr).toContain('UPDATE_NOTHING_NAMED');
  expect(await world.readLock()).toBe(first);
});

test('a dry run tells what would move', async () => {
  const { stdout } = await update('--dry-run', '--only', 'npm,pypi');
  expect(stdout).toMatch(/^pypi +web +1\.0 → 9\.1$/m);
  expect(stdout).toMatch(/^npm +util +1\.0\.0 → 1\.9\.0$/m);
  expect(stdout).toContain('4 moved; the lock was left as it is');
  expect(await world.readLock()).toBe(first);
});

test('one kind moves, and no other layer', async () => {
  const result = await update('--json', '--only', 'pypi');
  expect(changes(result)).toEqual(['pypi shared 1.1 > 9.0', 'pypi web 1.0 > 9.1']);
  const lock = await world.readLock();
  expect(lock).toContain(`\nasOf: "${lockDate}"\nmoved: {"pypi":"${today}"}\n`);
  const ids = await diffIds();
  // WORKDIR and npm come after it.
  const pip = firstDiffIds.length - 3;
  expect(ids.filter((id, n) => id !== firstDiffIds[n])).toEqual([ids[pip]]);
});

test('a word more is as of the date that its kind was moved to', async () => {
  const lock = await world.readLock();
  await world.write({ Dockerfile: dockerfile('web more') });
  await world.succeed('lock', servers.addHosts);
  const extended = await world.readLock();
  expect(extended).toContain('{name: "more", version: "9.0"');
  expect(extended).toContain('{name: "server", version: "1.0.0"');
  await world.write({ Dockerfile: dockerfile(), 'holdfast.lock': lock });
});

test('one package moves, and what it needs stays', async () => {
  const result = await update('--json', '--only', 'server');
  expect(changes(result)).toEqual(['npm server 1.0.0 > 9.0.0']);
  expect(await world.readLock()).toContain('{name: "util", version: "1.0.0"');
});

test('a script that is another one now is shown', async () => {
  const url = `${servers.urls.files}/setup.sh`;
  const { stdout } = await update('--dry-run', '--only', url);
  expect(stdout).toContain('  - echo one >/set\n  + echo two >/set\n');
});

test('where the build fails, the lock stays', async () => {
  const lock = await world.readLock();
  await servers.archive.publish({
    date: new Date('2026-06-02T00:00:00Z'),
    packages: [programPackage('hello', '3.0', 'gone')],
  });
  const { exit, stderr } = await world.run('update', ['--only', 'apt', ...servers.addHosts], at(today));
  expect(exit, stderr).toBe(6);
  expect(await world.readLock()).toBe(lock);
});

test('everything moves, to one date', async () => {
  await servers.archive.publish({
    date: new Date('2026-06-03T00:00:00Z'),
    packages: [programPackage('hello', '4.0', 'libhello'), programPackage('libhello', '4.0')],
  });
  const result = await update('--json');
  const all = changes(result);
  expect(all).toContain('apt hello (all) 1.0 > 4.0');
  expect(all).toContain('npm util 1.0.0 > 1.9.0');
  const lock = await world.readLock();
  expect(lock).toContain(`\nasOf: "${today}"\nbuilds:`);
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(built)).toBe(lockedImage(lock));
  expect((await update('--json')).json).toMatchObject({ written: false, changes: [] });
});

test('what is held stays while all else moves; going back holds what went back', async () => {
  const { pypi, npm } = servers;
  const tomorrow = '2026-07-02T00:00:00Z';
  const moveTo = (...args: string[]) => world.succeed('update', [...args, ...servers.addHosts], at(tomorrow));
  const inProject = (...args: string[]) => holdfast(args, { cwd: world.project, env: { HOME: world.home } });
  const git = (...args: string[]) => execFileSync('git', ['-C', world.project, ...args], { stdio: 'pipe' });
  git('init', '--quiet');
  git('add', 'holdfast.lock');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.org', 'commit', '--quiet', '-m', 'Lock');
  const committed = await world.readLock();
  pypi.add('web', '10.0', { uploadTime: today, requires: ['shared'] });
  npm.publish({ name: 'util', version: '1.10.0', time: today });
  [npm.now, pypi.now] = [tomorrow, new Date(tomorrow)];

  expect(await inProject('hold', 'web', '--until', '2099-01-01')).toMatchObject({ exit: 2 });
  const held = await inProject('hold', 'Web', '--until', '2099-01-01', '--why', 'templates break');
  expect(held.stdout).toBe('Web until 2099-01-01: templates break\n');
  const refusal = async (name: string) =>
    (await world.run('update', ['--only', name, ...servers.addHosts])).stderr;
  // The hold spells the name in another way than the lock does.
  for (const name of ['Web', 'web'])
    expect(await refusal(name)).toMatch(/UPDATE_HELD: .*2099-01-01.*templates break\n.*hold Web --release/);
  await inProject('hold', 'npm', '--until', '2099-01-01', '--why', 'quiet week');
  expect(await refusal('util')).toMatch(
    /UPDATE_HELD: .*by the hold of npm.*quiet week\n.*hold npm --release/,
  );
  await inProject('hold', 'npm', '--release');
  const moved = await moveTo('--json');
  expect(changes(moved)).toEqual(['npm util 1.9.0 > 1.10.0']);
  expect(moved.json).toMatchObject({ written: true, asOf: tomorrow, held: [{ name: 'Web' }] });
  expect((await inProject('hold', 'Web', '--release')).stdout).toBe('nothing is held\n');
  expect(changes(await moveTo('--json'))).toEqual(['pypi web 9.1 > 10.0']);

  const back = await inProject('revert', '--why', 'slow', '--until', '2099-02-01');
  expect(back.exit, back.stderr).toBe(0);
  expect(back.stdout).toContain('web');
  expect(await world.readLock()).toBe(committed);
  expect((await inProject('hold')).stdout).toBe('web until 2099-02-01: slow\nutil until 2099-02-01: slow\n');
  expect(printedImage(await world.succeed('build', ['--locked']))).toBe(lockedImage(committed));
  expect((await inProject('revert')).stderr).toContain('REVERT_NOTHING');
});
