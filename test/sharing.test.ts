// A machine that has the lock, and the registry that its blobs were pushed to, builds without any upstream.
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  htpasswd,
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { blobPath, digestOf, flipBit } from './support-registry.ts';
import {
  holdfast,
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
let registry: DockerRegistry;
let place: string;
let lock: string;
let machines = 0;

describe.skipIf(noDockerRegistry)('sharing a store', () => {
  beforeAll(async () => {
    [world, servers, registry] = [
      await makeWorld(),
      await startServers(),
      await startDockerRegistry({ htpasswd }),
    ];
    place = `${registry.domain}/team/blobs`;
    await world.tinyBase();
    serveFiles(servers, { '/tool': 'the tool\n', '/data': 'the data\n', '/old': '-> /data' });
    await world.write({
      Dockerfile: `FROM tiny:1
RUN wget -O /tool ${servers.urls.files}/tool
RUN wget -O /data ${servers.urls.files}/old
`,
    });
    await logIn(world.home, 'forest');
    await world.succeed('lock', servers.addHosts);
    lock = await world.readLock();
    await store(['push', world.project, place]);
  });
  afterAll(() => Promise.all([world.close(), servers.close(), registry.stop()]));

  test('the password is nowhere', async () => {
    for (const args of [
      ['push', world.project, place, '--json'],
      ['pull', world.project, `docker://${place}`],
    ]) {
      const { stdout, stderr } = await store(args);
      expect(stdout + stderr).not.toMatch(/forest|a2VscDpmb3Jlc3Q/);
    }
    expect(lock).not.toMatch(/forest|a2VscDpmb3Jlc3Q/);
    const home = await machine();
    await logIn(home, 'tundra-secret');
    const { exit, stdout, stderr } = await store(['pull', world.project, place, '--json'], home);
    expect(exit).toBe(5);
    expect(stdout).toContain('REGISTRY_DENIED');
    expect(stdout + stderr).not.toMatch(/tundra|dHVuZHJh/);
  });

  test('what was pulled builds without a network', async () => {
    const home = await machine();
    expect((await store(['pull', world.project, place], home)).exit).toBe(0);
    const before = servers.requestCount();
    const built = await buildOn(home, [], withoutNetwork);
    expect(printedImage(built)).toBe(lockedImage(lock));
    expect(servers.requestCount()).toBe(before);
  });

  test.each(['--remote', 'holdfast.yaml'])('an empty store is filled by %s as the build asks', async how => {
    const home = await machine();
    const before = servers.requestCount();
    const option = how === '--remote' ? ['--remote', place] : [];
    if (how === 'holdfast.yaml') await world.write({ 'holdfast.yaml': `remote: docker://${place}\n` });
    const built = await buildOn(home, option);
    const pulled = await store(['pull', world.project, '--json'], home);
    await rm(join(world.project, 'holdfast.yaml'), { force: true });
    if (how === '--remote') expect(pulled.json).toMatchObject({ error: { code: 'REMOTE_MISSING' } });
    else expect(pulled.json).toMatchObject({ place: `docker://${place}`, received: 0 });
    expect(printedImage(built)).toBe(lockedImage(lock));
    expect(servers.requestCount()).toBe(before);
  });

  test('a remote that lacks something or does not answer is told of, and no way round the lock', async () => {
    const home = await machine();
    const args = ['--remote', `${registry.domain}/team/nothing`, '--json'];
    expect(await runOn(home, args)).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining('STORE_BLOB_MISSING'),
    });
  });

  test('gc keeps what the lock needs, and says what it would take', async () => {
    const left = await digestIn(world.store, 'nobody names this');
    await age(world.store);
    const dry = (await store(['gc', '--dry-run', '--json'])).json as { removed: { digest: string }[] };
    expect(dry.removed.map(({ digest }) => digest)).toContain(left);
    expect(await isThere(left)).toBe(true);
    expect((await store(['gc'])).stdout).toContain(`removed ${left}`);
    expect(await isThere(left)).toBe(false);
    await world.emptyCache();
    const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
    expect(printedImage(built)).toBe(lockedImage(lock));
    const { json } = await store(['ls', '--json']);
    expect(json).toMatchObject({
      roots: expect.arrayContaining([expect.objectContaining({ name: world.lockPath, missing: 0 })]),
    });
  });

  test('gc that is killed anywhere has taken nothing that is needed, beside a build or not', async () => {
    for (let n = 0; n < 400; n++) await digestIn(world.store, `garbage ${n}`);
    await age(world.store);
    for (const killAfter of [180, 280]) {
      await world.emptyCache();
      const [built] = await Promise.all([
        world.succeed('build', ['--locked'], { through: withoutNetwork }),
        holdfast(['store', 'gc'], { env: { HOME: world.home }, killAfter }),
      ]);
      expect(printedImage(built)).toBe(lockedImage(lock));
    }
    expect((await store(['gc', '--json'])).json).toMatchObject({ young: { blobs: 0 } });
    expect((await store(['verify'])).exit).toBe(0);
  });

  test('rot is found, and repaired from the remote or from where it came', async () => {
    const tool = digestOf(Buffer.from('the tool\n'));
    const data = digestOf(Buffer.from('the data\n'));
    await flipBit(blobPath(world.store, tool));
    await rm(blobPath(world.store, data));
    const found = await store(['verify', '--json']);
    expect(found).toMatchObject({ exit: 4, json: { error: { code: 'STORE_ROT' } } });
    expect(found.stdout).toContain(tool);
    expect(await store(['push', world.project, `${place}-2`])).toMatchObject({ exit: 4 });
    const byUrl = await store(['verify', '--repair', ...servers.addHosts]);
    expect(byUrl.exit, byUrl.stderr).toBe(0);
    expect(byUrl.stdout).toContain(`repaired from ${servers.urls.files}/tool`);
    await flipBit(blobPath(world.store, tool));
    const byRemote = await store(['verify', '--repair', '--remote', place]);
    expect(byRemote.exit, byRemote.stderr).toBe(0);
    expect((await store(['verify'])).stdout).toContain('all as their digests say');
  });
});

const store = (args: readonly string[], home = world.home) =>
  holdfast(['store', ...args], { cwd: world.root, env: { HOME: home } });

/** The home of a user who has nothing but a password for the registry. */
async function machine(): Promise<string> {
  const home = join(world.root, `machine${machines++}`);
  await mkdir(home);
  await logIn(home, 'forest');
  return home;
}

async function logIn(home: string, password: string): Promise<void> {
  await mkdir(join(home, '.docker'), { recursive: true });
  const auth = Buffer.from(`kelp:${password}`).toString('base64');
  const config = { auths: { [registry.domain]: { auth } } };
  await writeFile(join(home, '.docker', 'config.json'), JSON.stringify(config));
}

const runOn = (home: string, args: readonly string[], through: readonly string[] = []) =>
  world.run('build', ['--locked', ...args], { env: { HOME: home }, through });

async function buildOn(home: string, args: readonly string[], through: readonly string[] = []) {
  const built = await runOn(home, args, through);
  expect(built.exit, built.stderr).toBe(0);
  return built;
}

async function digestIn(at: string, text: string): Promise<string> {
  const digest = digestOf(Buffer.from(text));
  await writeFile(blobPath(at, digest), text);
  return digest;
}

const isThere = async (digest: string) =>
  (await stat(blobPath(world.store, digest)).catch(() => undefined)) !== undefined;

/** A month goes by. */
async function age(at: string): Promise<void> {
  const then = new Date(Date.now() - 30 * 86_400_000);
  const blobs = join(at, 'blobs', 'sha256');
  for (const name of await readdir(blobs)) await utimes(join(blobs, name), then, then);
}
