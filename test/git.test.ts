// Clones are locked by commit, and given again as they were, whatever upstream has since.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GitServer, type GitRepository } from '../testkit/git/index.ts';
import { lockedImage, makeWorld, printedImage, withoutNetwork, type World } from './world.ts';

let world: World;
let git: GitServer;
let lock: string;
const repositories = new Map<string, GitRepository>();
const commits = { tool: '', release: '', library: '', app: '' };
const hosts = ['--add-host', 'git.test:127.0.0.1'];

const url = (name: string) => `http://git.test:${git.port}/${name}`;

/** What people write; the work trees are kept, what git knows of them is not. */
const clones = () => `RUN git clone ${url('tool.git')} && rm -rf tool/.git
RUN git clone --depth 1 -b v1 ${url('tool.git')} release && rm -rf release/.git
RUN git clone --recurse-submodules ${url('app')} && rm -rf app/.git app/deps/library/.git
RUN [ "$(cat tool/README release/README app/app app/deps/library/lib | tr '\\n' ' ')" = "three one app library " ]
`;

beforeAll(async () => {
  world = await makeWorld();
  git = await GitServer.start();
  await world.debianBases();
  for (const name of ['tool.git', 'library.git', 'app', 'late.git'])
    repositories.set(name, await git.create(name));
  commits.release = await commit('tool.git', '2026-01-01T00:00:00Z', { README: 'one\n' });
  await repository('tool.git').tag('v1', commits.release, { message: 'One\n', date: '2026-01-01T00:00:00Z' });
  await commit('tool.git', '2026-01-02T00:00:00Z', { README: 'two\n' });
  commits.tool = await commit('tool.git', '2026-01-03T00:00:00Z', { README: 'three\n' });
  const older = await commit('library.git', '2026-01-04T00:00:00Z', { lib: 'library\n' });
  commits.library = await commit('library.git', '2026-01-05T00:00:00Z', { lib: 'newer library\n' });
  commits.app = await repository('app').commit({
    date: '2026-01-06T00:00:00Z',
    files: { app: 'app\n' },
    submodules: { 'deps/library': { url: '../library.git', commit: older } },
  });
  await world.write({ Dockerfile: `FROM languages:1\nWORKDIR /srv\n${clones()}` });
  await world.succeed('lock', hosts);
  lock = await world.readLock();

  for (const name of ['tool.git', 'library.git', 'app', 'late.git'])
    await commit(name, '2026-06-01T00:00:00Z', { README: 'later\n', app: 'later\n', lib: 'later\n' });
  const moved = await repository('tool.git').commitOf('main');
  await repository('tool.git').git(['update-ref', 'refs/tags/v1', moved]);
}, 600_000);
afterAll(async () => {
  await world.close();
  await git.close();
});

function repository(name: string): GitRepository {
  const found = repositories.get(name);
  if (found === undefined) throw new Error(`there is no repository ${name}`);
  return found;
}

const commit = (name: string, date: string, files: Readonly<Record<string, string>>) =>
  repository(name).commit({ date, files });

/** `REPOSITORY COMMIT REF` of each line. */
function gitLines(text: string): string[] {
  const lines = text.matchAll(
    /^ {2}- \{url: "[^"]*\/([^"/]+)", commit: "([^"]+)"(?:, ref: "([^"]+)")?, size:/gm,
  );
  return [...lines].map(([, name, oid, ref]) => `${name} ${oid} ${ref ?? '-'}`);
}

test('the lock names repository, commit and ref', () => {
  expect(gitLines(lock)).toEqual(
    [
      `app ${commits.app} refs/heads/main`,
      // Git clones a submodule's repository whole, and then takes the commit out of what it has.
      `library.git ${commits.library} refs/heads/main`,
      `tool.git ${commits.release} refs/tags/v1`,
      `tool.git ${commits.tool} refs/heads/main`,
    ].toSorted(),
  );
  expect(lock).not.toMatch(/^file:/m);
});

test('after upstream moved, with the network gone and the cache emptied, build --locked gives the locked digest', async () => {
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(built)).toBe(lockedImage(lock));
});

test('locking again moves nothing, though upstream did', async () => {
  await world.succeed('lock', ['--no-cache', ...hosts]);
  expect(await world.readLock()).toBe(lock);
});

test('a clone more adds its line, as the repository is now', async () => {
  await world.write({
    Dockerfile: `FROM languages:1\nWORKDIR /srv\n${clones()}RUN git clone ${url('late.git')} && rm -rf late/.git\n`,
  });
  await world.succeed('lock', hosts);
  const text = await world.readLock();
  const late = await repository('late.git').commitOf('main');
  expect(gitLines(text).filter(line => !gitLines(lock).includes(line))).toEqual([
    `late.git ${late} refs/heads/main`,
  ]);
  expect(gitLines(text)).toEqual(expect.arrayContaining(gitLines(lock)));
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(built)).toBe(lockedImage(text));
});

test('a .git that is kept is the same from clone to clone, and git works with it', async () => {
  await world.write({
    Dockerfile: `FROM languages:1
WORKDIR /srv
RUN git clone ${url('tool.git')} && git -C tool fetch
RUN git clone --depth 1 -b v1 ${url('tool.git')} release
RUN git clone --recurse-submodules ${url('app')}
RUN for at in tool release app app/deps/library; do test -z "$(git -C $at status --porcelain)" && git -C $at diff --exit-code && git -C $at fsck --strict && git -C $at reflog --date=iso || exit 1; done
RUN cd tool && echo more >> README && test "$(git status --porcelain)" = " M README" && git checkout -q README
`,
  });
  await world.succeed('lock', hosts);
  const { exit, stdout, stderr } = await world.run('verify');
  expect(stdout).toContain('the same image each time');
  expect(exit, stderr).toBe(0);
});
