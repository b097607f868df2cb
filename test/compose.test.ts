import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatPlatform } from '../src/core/index.ts';
import { parseLock, type BuildEntry } from '../src/lock/index.ts';
import { Store } from '../src/store/index.ts';
import { foreignPlatform, putMultiBase } from './foreign-base.ts';
import {
  holdfast,
  makeWorld,
  serveFiles,
  startServers,
  withoutNetwork,
  type Servers,
  type World,
} from './world.ts';

let world: World;
let servers: Servers;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  serveFiles(servers, { '/word': 'from outside' });
  await world.write({
    '.env': 'WORD=word\nBASE=tiny:1\n',
    'compose.yaml': `name: shop
services:
  common:
    build:
      dockerfile_inline: |
        FROM \${BASE}
        RUN wget -q -O /word ${servers.urls.files}/\${WORD}
        COPY note /note
    profiles: [never]
  web:
    image: registry.test/shop/web:2
    build:
      context: web
      target: done
      args: {COLOUR: green}
      labels: [made=here]
      additional_contexts: {common: "service:common"}
    command: sleep "600"
    environment: {WANTED: green}
    healthcheck: {test: 'grep -q "$$WANTED" /all', interval: 1s}
  worker:
    extends: {service: web}
    image: !reset null
    build: {args: {COLOUR: red}}
  db:
    image: tiny:1
    profiles: [data]
`,
    note: 'a note',
    'web/Dockerfile': `FROM common AS done
ARG COLOUR
RUN cat /word /note > /all && echo "$COLOUR" >> /all
FROM done
`,
  });
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

const entries = async (): Promise<readonly BuildEntry[]> =>
  parseLock(await world.readLock(), 'holdfast.lock').builds;

const imageOf = async (service: string) =>
  (await entries()).find(entry => entry.service === service)?.image ?? '';

describe('a compose project', () => {
  test('lock records every service, those of profiles too, in one lock', async () => {
    const { stdout } = await world.succeed('lock', servers.addHosts);
    const lock = parseLock(await world.readLock(), 'holdfast.lock');
    expect(lock.builds.map(({ service, dockerfile }) => [service, dockerfile])).toEqual([
      ['common', 'compose.yaml'],
      ['db', 'compose.yaml'],
      ['web', 'web/Dockerfile'],
      ['worker', 'web/Dockerfile'],
    ]);
    const tiny = (await (await Store.open(world.store)).tagged('tiny:1'))?.digest;
    expect(await imageOf('db')).toBe(tiny);
    expect(lock.inputs.image).toMatchObject([{ reference: 'tiny:1', manifest: tiny }]);
    expect(lock.inputs.file).toMatchObject([{ url: `${servers.urls.files}/word` }]);
    expect(stdout).toContain(`db ${tiny}`);
  });

  test('lock again changes nothing', async () => {
    const before = await world.readLock();
    const { stdout } = await world.succeed('lock', servers.addHosts);
    expect(stdout).toMatch(/^unchanged holdfast\.lock/);
    expect(await world.readLock()).toBe(before);
  });

  test('build gives the locked images without a network, named as Compose names them', async () => {
    await world.emptyCache();
    const { json } = await world.succeed('build', ['--locked', '--json'], { through: withoutNetwork });
    expect(json).toMatchObject({
      services: {
        common: { image: await imageOf('common'), tags: ['shop-common:latest'] },
        web: { image: await imageOf('web'), tags: ['registry.test/shop/web:2'] },
        worker: { image: await imageOf('worker'), tags: ['shop-worker:latest'] },
      },
    });
    expect(json).not.toHaveProperty('services.db');
    const store = await Store.open(world.store);
    expect((await store.tagged('registry.test/shop/web:2'))?.digest).toBe(await imageOf('web'));
    expect(await imageOf('web')).not.toBe(await imageOf('worker'));
  });

  test('a service that is named is built with those under it, and no other', async () => {
    const { stdout } = await world.succeed('build', ['worker', '--locked'], { through: withoutNetwork });
    expect(stdout.trim().split('\n')).toEqual([
      `common ${await imageOf('common')}`,
      `worker ${await imageOf('worker')}`,
    ]);
  });

  test('verify builds each twice', async () => {
    const { stdout } = await world.succeed('verify', [], { through: withoutNetwork });
    expect(stdout.match(/the same image each time/g)).toHaveLength(4);
  });

  test('test runs what lies beside the Dockerfile of each, and its health check', async () => {
    await world.write({
      'web/structure-test.yaml':
        'schemaVersion: "2.0.0"\nfileContentTests:\n  - { name: colour, path: /all, expectedContents: [green] }\n',
    });
    const { exit, stdout } = await world.run('test', ['--locked'], { through: withoutNetwork });
    expect(stdout).toContain('pass  web file content: colour');
    expect(stdout).toContain('FAIL  worker file content: colour');
    expect(stdout).toContain('pass  web service: healthcheck of web');
    expect(stdout).toMatch(/FAIL {2}worker service: healthcheck of worker\n.*not well within 3 seconds/);
    expect(exit).toBe(1);
    const web = await world.run('test', ['web', '--locked'], { through: withoutNetwork });
    expect([web.exit, web.stdout]).toEqual([0, expect.stringContaining('2 passed, 0 failed')]);

    // An update asks each service what it is asked here, and keeps the lock where one is not well.
    const lock = await world.readLock();
    const update = await world.run('update', ['--only', 'file', '--test', ...servers.addHosts]);
    expect(update.stderr).toContain('TESTS_FAILED');
    expect(update.stderr).toContain('pass  web service: healthcheck of web');
    expect(update.stderr).toContain('FAIL  worker service: healthcheck of worker');
    expect(update.stderr).not.toContain('FAIL  web');
    expect(update.exit).toBe(1);
    expect(await world.readLock()).toBe(lock);
  });

  test('explain tells who asked for an input, of all services and of one', async () => {
    const word = `${servers.urls.files}/word`;
    const { json } = await world.succeed('explain', [word, '--json']);
    expect(json).toMatchObject({
      inputs: [
        { section: 'file', services: ['common'], askedBy: [{ where: { file: 'compose.yaml', line: 7 } }] },
      ],
    });
    expect((await world.succeed('explain', ['compose.yaml:7'])).stdout).toContain(`file ${word}`);
    const web = await world.run('explain', [word, '--service', 'web']);
    expect([web.exit, web.stderr]).toEqual([2, expect.stringContaining('EXPLAIN_UNKNOWN')]);
    const db = await world.succeed('explain', ['--service', 'db', '-f', join(world.project, 'compose.yaml')]);
    expect(db.stdout).toMatch(
      /^image tiny:1 .*\n {2}given .*\n {2}taken by {2}db\n {2}asked by {2}compose\.yaml:\d+/,
    );
  });

  test('export and diff take one service, outdated names those that an input is of', async () => {
    const names = async (...args: string[]) => {
      const { json } = await holdfast(['export', 'sbom', world.project, ...args], {
        env: { HOME: world.home },
      });
      return (json as { components?: { name: string }[] }).components?.map(({ name }) => name);
    };
    expect(await names('--service', 'common')).toEqual(['tiny', 'word']);
    expect(await names('--service', 'db')).toEqual(['tiny']);
    const home = { env: { HOME: world.home }, cwd: world.root };
    const compose = join(world.project, 'compose.yaml');
    const exported = (what: string) => holdfast(['export', what, '-f', compose, '--service', 'web'], home);
    expect((await exported('provenance')).exit).toBe(0);
    expect((await exported('vex')).stderr).toContain('VEX_EMPTY');
    const nix = await holdfast(['export', 'nix', '-f', compose, '--service', 'db', '--no-images'], home);
    expect(nix.stdout).not.toContain('/word');
    const several = await holdfast(['export', 'sbom', world.project], home);
    expect(several.stderr).toMatch(/BUILD_NOT_CHOSEN[^]*web web\/Dockerfile done[^]*--service/);
    const unknown = await holdfast(['export', 'sbom', world.project, '--service', 'nobody'], home);
    expect([unknown.exit, unknown.stderr]).toEqual([2, expect.stringContaining('SERVICE_NOT_LOCKED')]);

    const before = join(world.root, 'before.lock');
    await copyFile(world.lockPath, before);
    serveFiles(servers, { '/word': 'moved' });
    const outdated = async (...args: string[]) => {
      const none = JSON.stringify({ osv: [], debian: [], alpine: [], npm: [] });
      await world.write({ 'holdfast.yaml': `advisories: ${none}\n` });
      const { exit, stdout } = await world.run('outdated', [...args, ...servers.addHosts]);
      return { exit, stdout };
    };
    const all = await outdated();
    expect(all).toEqual({ exit: 1, stdout: expect.stringMatching(/\/word .* for common\n/) });
    expect((await outdated('--service', 'common', '-f', compose)).exit).toBe(1);
    expect((await outdated('--service', 'db')).stdout).toContain('nothing has moved');

    await world.succeed('update', ['--only', `${servers.urls.files}/word`, ...servers.addHosts]);
    const diff = (...args: string[]) => holdfast(['diff', before, world.lockPath, ...args], home);
    expect((await diff('--service', 'common')).stdout).toContain('1 moved');
    expect((await diff('--service', 'db')).exit).toBe(0);
    const held = await holdfast(
      ['hold', 'file', '-f', compose, '--until', '2999-12-31', '--why', 'later'],
      home,
    );
    expect(held.exit, held.stderr).toBe(0);
    expect(await readFile(join(world.project, 'holdfast.yaml'), 'utf8')).toContain('name: "file"');
    await rm(join(world.project, 'holdfast.yaml'));
  });

  test('update moves all services', async () => {
    serveFiles(servers, { '/word': 'moved again' });
    const before = await entries();
    await world.succeed('update', servers.addHosts, { env: { SOURCE_DATE_EPOCH: '1900000000' } });
    const after = await entries();
    expect(after.map(({ service }) => service)).toEqual(before.map(({ service }) => service));
    for (const service of ['common', 'web', 'worker'])
      expect(after.find(one => one.service === service)?.image).not.toBe(
        before.find(one => one.service === service)?.image,
      );
  });

  test('a change in the compose file makes the lock stale; lock drops services that are gone', async () => {
    const path = join(world.project, 'compose.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('COLOUR: red', 'COLOUR: blue').replace(/ {2}db:\n[^]*/, ''));
    const stale = await world.run('build', ['worker', '--locked']);
    expect(stale.exit).toBe(3);
    expect(stale.stderr).toContain('LOCK_STALE');
    await world.succeed('lock', servers.addHosts);
    expect((await entries()).map(({ service }) => service)).toEqual(['common', 'web', 'worker']);
  });

  test('an error in an inline Dockerfile stands where the compose file has it', async () => {
    const path = join(world.project, 'compose.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('COPY note /note', 'COPI note /note'));
    const { exit, stderr } = await world.run('lock', servers.addHosts);
    expect(exit).toBe(2);
    expect(stderr).toContain('compose.yaml:8:9');
  });
});

test('an image is taken for the platform of its service, and its index is known', async () => {
  const own = await makeWorld();
  try {
    const store = await Store.open(own.store);
    await putMultiBase(store);
    const platform = formatPlatform(foreignPlatform);
    await own.write({
      'compose.yaml': `services:\n  here: { image: multi:1 }\n  there: { image: multi:1, platform: ${platform} }\n`,
    });
    await own.succeed('lock');
    const { builds, inputs } = parseLock(await own.readLock(), 'holdfast.lock');
    const index = (await store.tagged('multi:1'))?.digest;
    expect(inputs.image.map(line => line['index'])).toEqual([index, index]);
    const manifests = inputs.image.map(line => [
      line['platform'] === platform ? 'there' : 'here',
      line['manifest'],
    ]);
    expect(Object.fromEntries(manifests)).toEqual(
      Object.fromEntries(builds.map(({ service, image }) => [service, image])),
    );
    // The name means another image by now; the lock does not.
    await own.tinyBase();
    const tiny = await store.tagged('tiny:1');
    if (tiny) await store.tag('multi:1', tiny);
    await own.succeed('verify', [], { through: withoutNetwork });
  } finally {
    await own.close();
  }
});

test('pin writes what the lock holds into the file, or into another', async () => {
  const own = await makeWorld();
  try {
    await own.tinyBase();
    const text = 'services:\n  a: { image: tiny:1 }   # first\n  b: { image: "tiny:${TAG:-1}" }\n';
    await own.write({ 'compose.yaml': text });
    expect((await own.run('pin')).stderr).toContain('LOCK_MISSING');
    await own.succeed('lock');
    const here = await own.succeed('pin');
    expect(here.stdout).toContain("a: not pinned, only this machine's store has it");
    expect(await readFile(join(own.project, 'compose.yaml'), 'utf8')).toBe(text);
    const store = await Store.open(own.store);
    const tiny = await store.tagged('tiny:1');
    if (tiny) await store.notePushed(tiny.digest, 'tiny:1');
    const override = join(own.project, 'compose.pinned.yaml');
    await own.succeed('pin', ['--override', override]);
    const written = await readFile(override, 'utf8');
    expect(written.match(/tiny:1@sha256:[0-9a-f]{64}$/gm)).toHaveLength(2);
    expect((await own.run('pin', ['--override', override, '--check'])).exit).toBe(0);
    expect((await own.run('pin', ['--check'])).exit).toBe(1);
    expect(await readFile(join(own.project, 'compose.yaml'), 'utf8')).toBe(text);
    const { stdout } = await own.succeed('pin');
    expect(stdout).toContain('compose.yaml:3:15 b: a variable takes part in tiny:1');
    const [digest] = /sha256:[0-9a-f]{64}/.exec(written) ?? [''];
    expect(await readFile(join(own.project, 'compose.yaml'), 'utf8')).toBe(
      text.replace('tiny:1', `tiny:1@${digest}`),
    );
    await own.succeed('pin', ['--check']);
    const refused = await own.run('pin', ['--override', join(own.project, 'compose.yaml')]);
    expect(refused.stderr).toContain('PIN_OVERRIDE_OTHER');
    await own.write({ 'compose.yaml': `${text}  new: { image: "other:1" }\n` });
    const some = await own.succeed('pin');
    expect(some.stdout).toContain(`a: tiny:1@${digest}`);
    expect(some.stdout).toContain('new: not pinned, holdfast.lock has no build with this target');
    expect((await own.run('pin', ['--check'])).stderr).toContain('LOCK_STALE');
  } finally {
    await own.close();
  }
});

test('where both are there the Dockerfile counts, and --compose means the other', async () => {
  const own = await makeWorld();
  try {
    await own.tinyBase();
    await own.write({ Dockerfile: 'FROM tiny:1\n', 'compose.yaml': 'services:\n  a: {build: .}\n' });
    await own.succeed('lock');
    await own.succeed('lock', ['--compose']);
    expect((await own.readLock()).match(/service: "a"/g)).toHaveLength(1);
    expect(parseLock(await own.readLock(), 'holdfast.lock').builds).toHaveLength(2);
    await own.succeed('build', ['--locked']);
    const refused = await own.run('build', ['a']);
    expect(refused.stderr).toContain('SERVICE_WITHOUT_COMPOSE');
    await rm(join(own.project, 'Dockerfile'));
    const { stderr } = await own.run('build', ['--locked']);
    expect(stderr).toContain('DOCKERFILE_MISSING');
  } finally {
    await own.close();
  }
});
