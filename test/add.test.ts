// ADD of URLs and of git repositories: locked, replayed without a network, and told of where they are wrong.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GitServer, type GitRepository } from '../testkit/git/index.ts';
import {
  lockedImage,
  makeWorld,
  printedImage,
  serveFiles,
  startServers,
  withoutNetwork,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;
let git: GitServer;
let tool: GitRepository;
let first: string;
let hosts: string[];
const content = 'the first version\n';
const digest = createHash('sha256').update(content).digest('hex');

beforeAll(async () => {
  [world, servers, git] = await Promise.all([makeWorld(), startServers(), GitServer.start()]);
  await world.tinyBase();
  hosts = [...servers.addHosts, '--add-host', 'git.test:127.0.0.1'];
  serveFiles(servers, { '/dl/tool.bin': content, '/latest': '-> /dl/tool.bin' });
  tool = await git.create('tool.git');
  const library = await git.create('library.git');
  const inner = await library.commit({ date: '2026-01-01T00:00:00Z', files: { lib: 'inner\n' } });
  first = await tool.commit({
    date: '2026-01-02T00:00:00Z',
    files: { README: 'first\n', 'docs/page': 'page\n' },
    submodules: { library: { url: '../library.git', commit: inner } },
  });
  await tool.tag('v1', first, { message: 'One\n', date: '2026-01-02T00:00:00Z' });
  await tool.commit({ date: '2026-01-03T00:00:00Z', files: { README: 'second\n' } });
}, 300_000);
afterAll(() => Promise.all([world.close(), servers.close(), git.close()]));

const files = (path: string) => `${servers.urls.files}${path}`;
const repository = () => `http://git.test:${git.port}/tool.git`;

test('URLs and repositories are locked, and given again without a network, whatever upstream has then', async () => {
  await world.write({
    Dockerfile: `FROM tiny:1
ARG WHERE=${files('/latest')}
ADD $WHERE /opt/
ADD --chmod=755 --chown=3:4 --checksum=sha256:${digest} ${files('/dl/tool.bin')} /usr/bin/tool
ADD ${repository()}#v1 /v1
ADD --keep-git-dir=true ${repository()}?branch=main /main
ADD ${repository()}?commit=${first}&subdir=docs /docs
ADD --checksum=${first.slice(0, 12)} ${repository()}#${first.slice(0, 8)} /short
RUN [ "$(stat -c '%a %u:%g' /opt/latest)" = "600 0:0" ] && [ "$(stat -c '%a %u:%g' /usr/bin/tool)" = "755 3:4" ]
RUN [ "$(cat /v1/README /v1/library/lib /main/README /docs/page /short/README | tr '\\n' ' ')" = "first inner second page first " ]
RUN [ -d /main/.git ] && [ ! -e /v1/.git ] && [ ! -e /v1/library/.git ] && [ ! -e /docs/README ]
`,
  });
  await world.succeed('lock', hosts);
  const lock = await world.readLock();
  expect(lock).toContain(`url: "${files('/dl/tool.bin')}"`);
  expect(lock).toMatch(new RegExp(`url: "${repository()}", commit: "${first}"`));

  serveFiles(servers, { '/dl/tool.bin': 'another\n', '/latest': 'another\n' });
  const moved = await tool.commit({ date: '2026-06-01T00:00:00Z', files: { README: 'third\n' } });
  await tool.git(['update-ref', 'refs/tags/v1', moved]);
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
  expect(printedImage(built)).toBe(lockedImage(lock));
  expect(printedImage(await world.succeed('build', ['--locked'], { through: withoutNetwork }))).toBe(
    lockedImage(lock),
  );
});

test.each([
  [
    'a URL with another content than its checksum',
    () => `ADD --checksum=sha256:${'0'.repeat(64)} ${files('/dl/tool.bin')} /x`,
    4,
    'ADD_CHECKSUM_MISMATCH',
  ],
  ['a URL that is not there', () => `ADD ${files('/nothing')} /x`, 6, 'ADD_FAILED'],
  [
    'a repository at another commit',
    () => `ADD --checksum=${'0'.repeat(40)} ${repository()}#main /x`,
    4,
    'GIT_CHECKSUM_MISMATCH',
  ],
  ['a branch that is not there', () => `ADD ${repository()}#nothing /x`, 6, 'GIT_FAILED'],
  ['a directory that is not there', () => `ADD ${repository()}#main:nothing /x`, 6, 'GIT_FAILED'],
  ['a repository over ssh', () => `ADD git@git.test:tool.git /x`, 2, 'GIT_PROTOCOL'],
])('%s', async (_what, instruction, exit, code) => {
  await world.write({ Dockerfile: `FROM tiny:1\n${instruction()}\n` });
  const result = await world.run('lock', ['--json', ...hosts]);
  expect(result.json).toMatchObject({ error: { code, where: { line: 2 } } });
  expect(result.exit).toBe(exit);
});

test('a repository whose commits have SHA-256 names', async () => {
  const modern = await git.create('modern.git', {}, 'sha256');
  const commit = await modern.commit({ date: '2026-01-01T00:00:00Z', files: { README: 'modern\n' } });
  const url = `http://git.test:${git.port}/modern.git`;
  await world.write({
    Dockerfile: `FROM tiny:1\nADD ${url}#main /one\nADD ${url}#${commit} /two\nRUN cmp /one/README /two/README\n`,
  });
  await world.succeed('lock', hosts);
  expect(await world.readLock()).toContain(`url: "${url}", commit: "${commit}"`);
  await world.emptyCache();
  await world.succeed('build', ['--locked'], { through: withoutNetwork });
});

test('a token for a private repository is sent to its server, and is nowhere else', async () => {
  const secret = 'token-5d1f7c2e';
  const header = `basic ${Buffer.from(`x-access-token:${secret}`).toString('base64')}`;
  await world.write({ Dockerfile: `FROM tiny:1\nADD ${repository()}#v1 /src\n` });
  await rm(world.lockPath, { force: true });
  git.authorization = header;
  try {
    const refused = await world.run('lock', hosts);
    expect(refused.exit, refused.stderr).not.toBe(0);
    const env = { TOKEN: secret };
    const wrong = await world.run('lock', [...hosts, '--secret', 'id=GIT_AUTH_TOKEN.other.test,env=TOKEN'], {
      env,
    });
    expect(wrong.exit).not.toBe(0);
    const { stderr } = await world.succeed('lock', [...hosts, '--secret', 'id=GIT_AUTH_TOKEN,env=TOKEN'], {
      env,
    });
    const lock = await world.readLock();
    for (const text of [stderr, lock]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(header.slice('basic '.length));
    }
    await world.emptyCache();
    const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
    expect(printedImage(built)).toBe(lockedImage(lock));
  } finally {
    git.authorization = undefined;
  }
});
