import { execFile } from 'node:child_process';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeWorld,
  printedImage,
  startServers,
  testUser,
  withoutNetwork,
  type RunResult,
  type Servers,
  type World,
} from './world.ts';

interface Config {
  readonly history: readonly { readonly created_by: string; readonly empty_layer?: boolean }[];
}

/** The steps of an image that made a layer. */
async function layerSteps(world: World, image: string): Promise<string[]> {
  const blob = async (digest: string): Promise<unknown> =>
    JSON.parse(await readFile(join(world.store, 'blobs', 'sha256', digest.slice(7)), 'utf8'));
  const manifest = (await blob(image)) as { config: { digest: string } };
  const { history } = (await blob(manifest.config.digest)) as Config;
  return history.filter(entry => entry.empty_layer !== true).map(entry => entry.created_by);
}

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await world.tinyBase();
});
afterAll(() => world.close());

/** Each of these checks something, and changes nothing of the image. */
const bindSteps = `
RUN --mount=target=/context [ "$(cat /context/testfile)" = contents0 ]
RUN --mount=type=bind,target=/context [ "$(stat -c '%a %u:%g' /context/script)" = "755 0:0" ]
RUN --mount=target=/context [ ! -e /context/holdfast.lock ] && [ ! -e /context/left/out ] && [ -e /context/left/in ]
RUN --mount=target=/context ! touch /context/new && ! echo x > /context/testfile
RUN --mount=target=/context,rw touch /context/new && echo x > /context/testfile && rm -r /context/left
RUN --mount=target=/context [ "$(cat /context/testfile)" = contents0 ] && [ ! -e /context/new ]
RUN [ ! -e /context ]
RUN --mount=from=build,src=out,target=/a/b/out [ "$(cat /a/b/out/foo)" = foo ] && ! touch /a/b/out/bar
RUN --mount=from=build,src=out,target=/out,rw touch /out/bar
RUN --mount=from=0,src=link,target=/out [ "$(cat /out/foo)" = foo ] && [ ! -e /out/bar ]
RUN --mount=from=tiny:1,target=/tiny [ -x /tiny/bin/busybox ]
RUN --mount=source=.,target=/tmp/test --mount=source=testfile,target=/tmp/b.txt cat /tmp/test/script /tmp/b.txt
WORKDIR /tmp
RUN --mount=source=left,target=here cd here && [ -e in ]
RUN --mount=from=build,src=out,target=/run ls /run/foo /run/holdfast
`;
const otherSteps = `
RUN --mount=target=/mytmp,type=tmpfs touch /mytmp/foo && [ "$(stat -c %a /mytmp)" = 1777 ]
RUN [ ! -e /mytmp ]
RUN --mount=type=tmpfs,target=/dev/shm,size=128m mount | grep -q '/dev/shm .*size=131072k'
RUN --mount=type=cache,target=/mycache touch /mycache/foo
RUN --mount=type=cache,target=/mycache2 [ ! -f /mycache2/foo ]
RUN --mount=type=cache,target=/mycache [ -f /mycache/foo ] && rm /mycache/foo && mkdir /mycache/d
RUN --mount=type=cache,target=/mycache,ro [ ! -f /mycache/foo ] && [ -d /mycache/d ] && ! touch /mycache/foo
ENV SOME_PATH=/mycache
RUN --mount=type=cache,target=$SOME_PATH [ -d $SOME_PATH/d ]
RUN --mount=type=cache,id=/mycache,source=d,target=/part touch /part/e
RUN --mount=type=cache,id=/mycache,target=/else --mount=type=cache,target=/mycache/nested [ -f /else/d/e ]
RUN --mount=type=cache,target=/owned,uid=1001,gid=1002,mode=0751 [ "$(stat -c '%u %g %f' /owned)" = "1001 1002 41e9" ]
RUN --mount=type=cache,target=/owned [ "$(stat -c '%u %g %f' /owned)" = "1001 1002 41e9" ]
RUN --mount=type=cache,id=seeded,from=build,source=out,target=/seeded [ "$(cat /seeded/foo)" = foo ] && echo new > /seeded/foo
RUN --mount=type=cache,id=seeded,source=out,target=/seeded [ "$(cat /seeded/foo)" = new ]
RUN --mount=type=cache,id=sel,target=/c mkdir /c/sel
RUN --mount=type=cache,id=sel,target=/c rmdir /c/sel && ln -s /etc /c/sel
`;
const begin = `FROM tiny:1 AS build
RUN mkdir /out && echo foo > /out/foo && ln -s out /link
FROM tiny:1
`;

describe('files', () => {
  const files = {
    testfile: 'contents0',
    script: '#!/bin/sh\n',
    'left/out': '',
    'left/in': '',
    '.dockerignore': 'left/out\n',
  };
  let locked: RunResult;
  beforeAll(async () => {
    await world.write({ ...files, Dockerfile: begin + bindSteps + otherSteps });
    await chmod(join(world.project, 'script'), 0o700);
    locked = await world.succeed('lock');
  });

  test('mounts show what they should, and leave no trace', async () => {
    const base = 'a test';
    expect(await layerSteps(world, printedImage(locked))).toEqual([base]);
  });

  test.each([undefined, testUser()])('the same from nothing, offline (user: %s)', async user => {
    await world.emptyCache();
    if (user !== undefined) await promisify(execFile)('chown', ['-R', `${user}:`, world.root]);
    const built = await world.succeed('build', ['--locked'], {
      through: withoutNetwork,
      ...(user !== undefined && { user }),
    });
    expect(printedImage(built)).toBe(printedImage(locked));
    await world.emptyCache();
  });

  test('a changed file is another build of the steps that mount it, and of no others', async () => {
    await world.succeed('build', ['--locked']);
    await world.write({ testfile: 'contents1' });
    const { exit, stderr } = await world.run('build', ['--locked']);
    expect(exit).toBe(6);
    expect(stderr).toMatch(/\[stage-1 1\/\d+\] failed/);
    await world.write({ testfile: 'contents0' });
    const again = await world.succeed('build', ['--locked']);
    expect(again.stderr).not.toMatch(/\] done/);
  });

  test.each([
    ['RUN --mount=source=nowhere,target=/x true', 'MOUNT_SOURCE_MISSING', 2],
    ['RUN --mount=source=left/out,target=/x true', 'MOUNT_SOURCE_MISSING', 2],
    ['RUN --mount=from=build,source=nowhere,target=/x true', 'SANDBOX_MOUNT_SOURCE', 6],
    ['RUN --mount=type=tmpfs,target=/ true', 'DOCKERFILE_MOUNT', 2],
    ['RUN --mount=type=tmpfs,target=/proc/x true', 'SANDBOX_MOUNT_TARGET', 6],
    ['RUN --mount=type=cache,target=/c,source=none true', 'SANDBOX_MOUNT_SOURCE', 6],
    ['RUN --device=vendor.test/gpu=all,required true', 'BUILD_DEVICE', 2],
    ['RUN --network=host true', 'BUILD_NOT_ALLOWED', 2],
    ['RUN --security=insecure true', 'BUILD_NOT_ALLOWED', 2],
  ])('%s: %s', async (line, code, exit) => {
    await world.write({ Dockerfile: begin + line });
    const result = await world.run('lock');
    expect(result.stderr).toContain(code);
    expect(result.exit).toBe(exit);
  });
});

describe('caches', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => servers.close());
  const requests = () => servers.requestCount();
  const relock = async (dockerfile: string) => {
    await rm(world.lockPath, { force: true });
    await world.write({ Dockerfile: dockerfile });
    return world.succeed('lock', servers.addHosts, { env: { SOURCE_DATE_EPOCH: '1780000000' } });
  };
  const fetchOnce = (target: string, name: string) =>
    `RUN --mount=type=cache,target=${target} [ -e ${target}/${name} ] || wget -qO ${target}/${name} ${servers.urls.files}/${name}`;

  test('a step that is cached has filled the cache mount for one that is not', async () => {
    servers.files.pages.set('/a', (_request, response) => response.end('first\n'));
    const first = `FROM tiny:1\n${fetchOnce('/c', 'a')}\n`;
    await relock(`${first}RUN --mount=type=cache,target=/c cp /c/a /copied\n`);
    const before = requests();
    await world.write({ Dockerfile: `${first}RUN --mount=type=cache,target=/c cp /c/a /elsewhere\n` });
    const { stderr } = await world.succeed('lock', servers.addHosts);
    expect(stderr).toMatch(/\[stage-0 1\/2\] cached\n/);
    expect(stderr).toMatch(/\[stage-0 2\/2\] done/);
    expect(requests()).toBe(before);
    // Where what it left is gone, the step runs again.
    await rm(join(world.cache, 'mounts'), { recursive: true });
    await world.write({ Dockerfile: `${first}RUN --mount=type=cache,target=/c cp /c/a /third\n` });
    const again = await world.succeed('lock', servers.addHosts);
    expect(again.stderr).toMatch(/\[stage-0 1\/2\] done/);
    expect(requests()).toBe(before);
  });

  test('what an earlier step put into it is part of what a step depends on', async () => {
    const fill = (word: string) =>
      `FROM tiny:1\nRUN --mount=type=cache,target=/c echo ${word} > /c/w\nRUN --mount=type=cache,target=/c cp /c/w /w\n`;
    const one = printedImage(await relock(fill('one')));
    expect(printedImage(await relock(fill('two')))).not.toBe(one);
    expect(printedImage(await relock(fill('one')))).toBe(one);
  });

  test('stages side by side are recorded and replayed each for itself, in whatever order they run', async () => {
    for (const name of ['x', 'y'])
      servers.files.pages.set(`/${name}`, (_request, response) => response.end(name));
    const stage = (name: string, pause: string) =>
      `FROM tiny:1 AS ${name}\nRUN sleep ${pause}\n${fetchOnce('/c', 'x')}\n${fetchOnce('/c', 'y')} && cat /c/x /c/y > /${name}\n`;
    const end = 'FROM tiny:1\nCOPY --from=s1 /s1 /\nCOPY --from=s2 /s2 /\n';
    const image = printedImage(await relock(`${stage('s1', '0')}${stage('s2', '1')}${end}`));
    await world.emptyCache();
    const built = await world.succeed('build', ['--locked'], { through: withoutNetwork });
    expect(printedImage(built)).toBe(image);
    // The steps that a lock begins with an empty cache mount, it always does.
    await world.succeed('lock', ['--no-cache', ...servers.addHosts]);
    expect(printedImage(await world.succeed('build', ['--locked', '--no-cache']))).toBe(image);
  });
});

describe('rights', () => {
  test('the host’s network only where it is allowed, and then the lock says what it does not hold', async () => {
    await rm(world.lockPath, { force: true });
    const servers = await startServers();
    servers.files.pages.set('/seen', (_request, response) => response.end('seen\n'));
    const { host } = new URL(servers.urls.files);
    const port = host.split(':')[1] ?? '';
    await world.write({
      Dockerfile: `FROM tiny:1\nRUN --network=host wget -qO /seen http://127.0.0.1:${port}/seen\n`,
    });
    const { stderr } = await world.succeed('lock', ['--allow', 'network.host']);
    expect(stderr).toContain('NETWORK_HOST');
    expect(await world.readLock()).toContain(
      `\nunlocked:\n  - {reason: "NETWORK_HOST", name: "network.host", step: "RUN --network=host wget`,
    );
    const image = printedImage(await world.succeed('lock', ['--allow', 'network.host', '--no-cache']));
    const refused = await world.run('build', ['--locked', '--allow', 'network.host']);
    expect(refused.exit).toBe(3);
    expect(refused.stderr).toContain('LOCK_UNLOCKED');
    expect(refused.stderr).toContain('network.host');
    await world.write({ 'holdfast.yaml': 'unlocked:\n  allow: [network.host]\n' });
    expect((await world.run('build', ['--locked'])).stderr).toContain('BUILD_NOT_ALLOWED');
    await world.emptyCache();
    expect(printedImage(await world.succeed('build', ['--locked', '--allow', 'network.host']))).toBe(image);
    await rm(join(world.project, 'holdfast.yaml'));
    await servers.close();
  });

  test('without a network there is none; insecure is more, and only where it is asked for', async () => {
    await rm(world.lockPath, { force: true });
    const bounding = 'grep CapBnd /proc/self/status';
    await world.write({
      Dockerfile: `FROM tiny:1
RUN --network=none [ "$(ls /sys/class/net)" = lo ]
RUN [ "$(ls /sys/class/net | xargs)" = "eth0 lo" ]
RUN --security=sandbox ${bounding} | grep -q 00000000a80425fb
RUN --security=insecure mount -t tmpfs none /tmp && umount /tmp && ! ${bounding} | grep -q 00000000a80425fb
RUN ${bounding} | grep -q 00000000a80425fb && ! mount -t tmpfs none /tmp
RUN --device=vendor.test/gpu ls /dev
`,
    });
    const { stderr } = await world.succeed('lock', ['--allow', 'security.insecure']);
    expect(stderr).toContain('the device vendor.test/gpu is not given to it');
  });
});
