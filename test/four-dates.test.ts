// A world that moves on through four dates. Each update moves what it says and nothing else, what comes out builds
// offline, and `revert` gives the earlier image back; where the world is in no state to move to, the lock stays.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AptArchive, ArchiveKey, type PackageSpec } from '../testkit/apt/index.ts';
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
/** As of the first date. */
let first: string;
/** Trusted by the image, and no longer good. */
let expiredKey: ArchiveKey;

const february = '2026-02-01T00:00:00Z';
const march = '2026-03-01T00:00:00Z';
const april = '2026-04-01T00:00:00Z';
const may = '2026-05-01T00:00:00Z';

const dockerfile = () => `FROM app-base:1.0
${archiveLines(servers)}
RUN apt-get update
RUN apt-get install -y hello other
RUN curl -fsSL ${servers.urls.files}/setup.sh -o /setup.sh && sh /setup.sh
RUN pip install --break-system-packages --index-url ${servers.urls.pypi} --trusted-host pypi.test web
`;

const entries = {
  old: 'libhello (1.0) stable; urgency=medium\n\n  * Begun.\n\n -- T <t@example.org>  Sun, 01 Feb 2026 00:00:00 +0000\n',
  fix: 'libhello (1.0+deb1) stable; urgency=high\n\n  * CVE-2026-0001: no longer overflows. (Closes: #4711)\n\n -- T <t@example.org>  Sun, 01 Mar 2026 00:00:00 +0000\n\n',
};

/** What the archive has at a date. `libhello` and `hello` are built from one source and fit each other alone. */
function packages(library: string, others: string): PackageSpec[] {
  const changelog = library === '1.0' ? entries.old : entries.fix + entries.old;
  return [
    programPackage('hello', others, 'libhello'),
    {
      ...programPackage('libhello', library, undefined, changelog),
      ...(library !== '1.0' && { scripts: { postinst: '#!/bin/sh\nexit 0\n' } }),
    },
    programPackage('other', others),
  ];
}

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.debianBases();
  const lifetime = 365 * 24 * 60 * 60;
  expiredKey = await ArchiveKey.create({ created: new Date('2020-01-01T00:00:00Z'), lifetime });
  await makeBase('1.0', 'first');
  await servers.archive.publish({ date: new Date(february), packages: packages('1.0', '1.0') });
  serveFiles(servers, { '/setup.sh': 'set -e\necho one >/set\n' });
  servers.pypi.add('web', '1.0', { uploadTime: february, files: ['wheel'] });
  servers.pypi.now = new Date(february);
  await world.write({
    Dockerfile: dockerfile(),
    'test.gpg': Buffer.concat([servers.archive.key.gpg, expiredKey.gpg]),
    'structure-test.yaml': `schemaVersion: "2.0.0"
commandTests:
  - {name: speaks, command: hello, expectedOutput: ["hello [12]"]}
  - {name: is as apt left it, command: ls, args: [-R, /etc/apt, /var/lib/apt], excludedOutput: [holdfast-moved]}
`,
  });
  await world.succeed('lock', servers.addHosts, at(february));
  first = await world.readLock();
  git('init', '--quiet');
  commit('February');
}, 600_000);
afterAll(async () => {
  await world.close();
  await servers.close();
});

const at = (date: string) => ({ env: { SOURCE_DATE_EPOCH: String(Date.parse(date) / 1000) } });
const git = (...args: string[]) => execFileSync('git', ['-C', world.project, ...args], { stdio: 'pipe' });

function commit(message: string): void {
  git('add', '--all');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.org', 'commit', '--quiet', '-m', message);
}

/** An image that goes by the name `app-base:TAG` in the store. */
async function makeBase(tag: string, label: string): Promise<void> {
  const context = join(world.root, `base-${tag}-${label}`);
  await world.write({
    [`../base-${tag}-${label}/Dockerfile`]: `FROM languages:1\nLABEL base=${label}\n`,
  });
  const args = ['--progress', 'plain'];
  for (const command of [
    ['lock', context],
    ['build', context, '--tag', `app-base:${tag}`],
  ]) {
    const { exit, stderr } = await holdfast([...command, ...args], { env: { HOME: world.home } });
    if (exit !== 0) throw new Error(stderr);
  }
}

interface Told {
  readonly changes: readonly { section: string; name: string; from: string[]; to: string[] }[];
}

const update = (date: string, ...args: string[]) =>
  world.succeed('update', ['--json', ...args, ...servers.addHosts], at(date));

const moved = ({ json }: RunResult) =>
  (json as Told).changes
    .filter(({ section }) => section !== 'archives')
    .map(({ section, name, from, to }) => `${section} ${name} ${from.join()} > ${to.join()}`);

/** Builds from the lock alone. */
async function builtOffline(): Promise<string> {
  return printedImage(await world.succeed('build', ['--locked'], { through: withoutNetwork }));
}

/**
 * What an update made builds offline, and so does what was there before, once `revert` has put the former lock back byte
 * for byte; then all is as the update left it.
 */
async function offlineAndBack(name: string): Promise<void> {
  const lock = await world.readLock();
  expect(await builtOffline()).toBe(lockedImage(lock));
  const before = git('show', 'HEAD:holdfast.lock').toString();
  expect(lockedImage(before)).not.toBe(lockedImage(lock));
  commit(name);
  const back = await holdfast(['revert', '--to', 'HEAD~1', world.project], { env: { HOME: world.home } });
  expect(back.exit, back.stderr).toBe(0);
  expect(await world.readLock()).toBe(before);
  expect(await builtOffline()).toBe(lockedImage(before));
  git('checkout', 'HEAD', '--', '.');
}

/** The update fails as it should, and the lock has the very bytes that it had. */
async function refused(
  date: string,
  args: readonly string[],
  exit: number,
  code: string,
): Promise<RunResult> {
  const before = await readFile(world.lockPath);
  const result = await world.run('update', [...args, ...servers.addHosts], at(date));
  expect(result.stderr).toContain(code);
  expect(result.exit, result.stderr).toBe(exit);
  expect(await readFile(world.lockPath)).toEqual(before);
  return result;
}

test('March: a security fix in one package moves that package, and going back gives the image of February', async () => {
  await servers.archive.publish({ date: new Date(march), packages: packages('1.0+deb1', '1.1') });
  const told = await update(march, '--only', 'libhello', '--test');
  expect(moved(told)).toEqual(['apt libhello (all) 1.0 > 1.0+deb1']);
  expect(told.json).toMatchObject({
    title: 'Update libhello (all) 1.0 → 1.0+deb1',
    changes: expect.arrayContaining([expect.objectContaining({ name: 'libhello (all)', direct: false })]),
    packages: [
      {
        name: 'libhello (all)',
        changelog: [{ heading: 'libhello (1.0+deb1) stable; urgency=high' }],
        scripts: [{ name: 'postinst', what: 'added' }],
      },
    ],
    tests: [
      { name: 'speaks', problems: [] },
      { name: 'is as apt left it', problems: [] },
    ],
  });
  const lock = await world.readLock();
  expect(lock).toContain(`suite: "stable", date: "${february}"`);
  await world.emptyCache();
  expect(await builtOffline()).toBe(lockedImage(lock));
  commit('March');

  // What was moved alone stays where it is when another one moves.
  expect(moved(await update(march, '--only', 'other'))).toEqual(['apt other (all) 1.0 > 1.1']);
  expect(await builtOffline()).toBe(lockedImage(await world.readLock()));

  const back = await holdfast(['revert', '--to', 'HEAD~1', world.project], { env: { HOME: world.home } });
  expect(back.exit, back.stderr).toBe(0);
  expect(await world.readLock()).toBe(first);
  expect(await builtOffline()).toBe(lockedImage(first));
});

test('April: what is held stays while all else of the distribution moves, or the lock does', async () => {
  const hold = (...args: string[]) =>
    holdfast(['hold', ...args, world.project], { env: { HOME: world.home } });
  const state = new Map(servers.archive.files);
  await servers.archive.publish({ date: new Date(april), packages: packages('2.0', '2.0') });
  const until = ['--until', '2099-01-01', '--why', 'CVE-2026-0009 is worse in 2.0'];
  await hold('other', ...until);
  expect(moved(await update(april, '--only', 'apt'))).toEqual([
    'apt hello (all) 1.0 > 2.0',
    'apt libhello (all) 1.0 > 2.0',
  ]);
  const lock = await world.readLock();
  expect(lock).toContain(`suite: "stable", date: "${april}"`);
  await world.emptyCache();
  expect(await builtOffline()).toBe(lockedImage(lock));
  // The hold stands, and what it holds stays; once it is gone, all moves.
  expect((await update(april, '--only', 'apt')).json).toMatchObject({
    written: false,
    held: [{ name: 'other' }],
  });
  const vex = await holdfast(['export', 'vex', world.project], { env: { HOME: world.home } });
  expect(vex.json).toMatchObject({ statements: [{ vulnerability: { name: 'CVE-2026-0009' } }] });
  await hold('other', '--release');
  expect(moved(await update(april, '--only', 'apt'))).toEqual(['apt other (all) 1.0 > 2.0']);
  await world.write({ 'holdfast.lock': first });

  // Packages that fit each other alone.
  const fitting = packages('2.0', '2.0').map(one =>
    one.name === 'hello' ? programPackage('hello', '2.0', 'libhello (= 2.0)') : one,
  );
  await servers.archive.publish({ date: new Date(april), packages: fitting });
  await hold('libhello', ...until);
  const refusal = await refused(april, ['--only', 'apt'], 6, 'UPDATE_HOLD_UNSATISFIABLE');
  expect(refusal.stderr).toMatch(/hello : Depends: libhello \(= 2\.0\)[^]*held until 2099-01-01: libhello/);
  await refused(april, ['--only', 'hello'], 2, 'UPDATE_HELD');
  await hold('libhello', '--release');
  servers.archive.files.clear();
  for (const [path, file] of state) servers.archive.files.set(path, file);
});

test('April: a point release moves the distribution with its base, and nothing of another kind', async () => {
  await servers.archive.publish({ date: new Date(april), packages: packages('2.0', '2.0') });
  await makeBase('1.0', 'second');
  servers.pypi.add('web', '2.0', { uploadTime: april, files: ['wheel'] });
  servers.pypi.now = new Date(april);
  const markdown = await world.succeed(
    'update',
    ['--dry-run', '--format', 'markdown', '--only', 'apt', ...servers.addHosts],
    at(april),
  );
  expect(markdown.stdout).toMatch(
    /### Why[\s\S]+### Changes[\s\S]+### What changed inside[\s\S]+### How to back out/,
  );
  expect(markdown.stdout).toContain('[#4711](https://bugs.debian.org/4711)');
  expect(await world.readLock()).toBe(first);
  const told = moved(await update(april, '--only', 'apt'));
  expect(told.slice(1)).toEqual([
    'apt hello (all) 1.0 > 2.0',
    'apt libhello (all) 1.0 > 2.0',
    'apt other (all) 1.0 > 2.0',
  ]);
  expect(told[0]).toMatch(/^image app-base:1\.0 /);
  await offlineAndBack('April');
});

test('April: a tag that names another image moves that image, and nothing else', async () => {
  await makeBase('1.0', 'again');
  expect(moved(await update(april, '--only', 'app-base:1.0'))).toEqual([
    expect.stringMatching(/^image app-base:1\.0 /),
  ]);
  await offlineAndBack('April, another base');
});

test('May: a wheel was yanked, one deleted, and a script is another one', async () => {
  const { pypi } = servers;
  pypi.add('web', '1.5', { uploadTime: april, files: ['wheel'] });
  pypi.yank('web', '2.0');
  pypi.remove('web', '1.0');
  pypi.now = new Date(may);
  expect(moved(await update(may, '--only', 'pypi'))).toEqual(['pypi web 1.0 > 1.5']);
  await offlineAndBack('May, a wheel');

  // What is locked is yanked: that is told of as a warning, and an update goes back to what is still offered.
  pypi.add('web', '1.4', { uploadTime: april, files: ['wheel'] });
  pypi.yank('web', '1.5');
  const warned = await world.run('outdated', ['--json', ...servers.addHosts], at(may));
  const { locks } = warned.json as {
    locks: { items: { name: string; lookUp?: { remarks?: object[] } }[] }[];
  };
  const web = locks.flatMap(({ items }) => items).find(({ name }) => name === 'web');
  expect(web?.lookUp?.remarks).toMatchObject([{ is: 'yanked' }]);
  const older = await update(may, '--only', 'pypi', '--dry-run');
  expect(moved(older)).toEqual(['pypi web 1.5 > 1.4']);
  expect(older.json).toMatchObject({ reasons: [{ why: 'went-back', section: 'pypi', count: 1 }] });
  serveFiles(servers, { '/setup.sh': 'set -e\necho two >/set\n' });
  const told = await update(may, '--only', `${servers.urls.files}/setup.sh`);
  expect(moved(told)).toHaveLength(1);
  expect(told.json).toMatchObject({
    texts: [{ lines: expect.arrayContaining([{ sign: '+', text: 'echo two >/set' }]) }],
  });
  await offlineAndBack('May, a script');
});

test('May: a later tag is written into the Dockerfile, where it stands', async () => {
  await makeBase('1.1', 'third');
  const told = await update(may, '--only', 'image', '--tags');
  expect(told.json).toMatchObject({
    tags: [{ from: 'app-base:1.0', to: 'app-base:1.1', places: [{ line: 1 }] }],
  });
  expect(await readFile(join(world.project, 'Dockerfile'), 'utf8')).toBe(
    dockerfile().replace('app-base:1.0', 'app-base:1.1'),
  );
  expect(await builtOffline()).toBe(lockedImage(await world.readLock()));
  commit('May');

  // Going back leaves the Dockerfile, and tells how it goes back too.
  const back = await holdfast(['revert', '--to', 'HEAD~1', '--json', world.project], {
    env: { HOME: world.home },
  });
  expect(back.json, back.stderr).toMatchObject({ dockerfiles: ['Dockerfile'] });
  git('checkout', 'HEAD~1', '--', 'Dockerfile');
  expect(await builtOffline()).toBe(lockedImage(await world.readLock()));
  git('checkout', 'HEAD', '--', '.');
});

test('where there is nothing good to move to, the lock stays as it was', async () => {
  const { archive, apt } = servers;
  const state = new Map(archive.files);
  const restore = () => {
    archive.files.clear();
    for (const [path, file] of state) archive.files.set(path, file);
  };

  // A mirror that lags.
  await archive.publish({ date: new Date(march), packages: packages('1.0+deb1', '1.1'), keepOldFiles: true });
  await refused(may, ['--only', 'apt'], 5, 'ARCHIVE_WENT_BACK');
  restore();

  // An index that does not fit what is signed.
  await archive.publish({ date: new Date(may), packages: packages('3.0', '3.0'), keepOldFiles: true });
  apt.fail(/Packages|by-hash/, { kind: 'flip' });
  await refused(may, ['--only', 'apt'], 6, 'STEP_FAILED');
  await refused(may, ['--only', 'hello'], 4, 'APT_DIGEST_MISMATCH');
  apt.repair();

  // An image that fails its tests.
  const failed = await refused(may, ['--only', 'apt', '--test'], 1, 'TESTS_FAILED');
  expect(failed.stderr).toContain('hello 3.0');

  // Packages that do not fit each other.
  await archive.publish({
    date: new Date(may),
    packages: [programPackage('hello', '4.0', 'gone'), programPackage('other', '4.0')],
  });
  const unsatisfiable = await refused(may, ['--only', 'apt'], 6, 'STEP_FAILED');
  expect(unsatisfiable.stderr).toContain('gone');

  // A key that has expired.
  const expired = await AptArchive.create({ key: expiredKey });
  await expired.publish({ date: new Date('2020-06-01T00:00:00Z'), packages: packages('5.0', '5.0') });
  for (const [path, file] of expired.files) archive.files.set(path, file);
  await refused(may, ['--only', 'apt'], 6, 'STEP_FAILED');
});
