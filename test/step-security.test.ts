import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, type World } from './world.ts';

let world: World;
let outside: string;
beforeAll(async () => {
  world = await makeWorld();
  await world.tinyBase();
  outside = await mkdtemp(join(tmpdir(), 'outside-'));
  await writeFile(join(outside, 'canary'), 'what the machine keeps to itself');
});
afterAll(async () => {
  await world.close();
  await rm(outside, { recursive: true });
});

test('a RUN sees its image and nothing of the machine', async () => {
  const server = createServer(socket => socket.end('the machine\n')).listen(0, '0.0.0.0');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await symlink(outside, join(world.project, 'way-out'));
  await symlink(join(outside, 'canary'), join(world.project, 'file-out'));
  await world.write({
    Dockerfile: `FROM tiny:1
RUN [ ! -e ${outside} ] && [ ! -e ${world.project} ] && [ "$(ls /dev | xargs)" = "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero" ]
RUN [ "$(ls -d /proc/[0-9]* | wc -l)" -le 6 ] && ! ls /proc/1/root/ && ! cat /proc/1/environ
RUN env | sort > /env && ! grep -q CANARY /env
RUN ! nc -w 1 127.0.0.1 ${port} </dev/null && ! nc -w 1 10.0.2.2 ${port} </dev/null
RUN grep -q a80425fb /proc/self/status && ! mount -t tmpfs none /tmp && ! mknod /dev/sda b 8 0 || ! head -c 1 /dev/sda
RUN (sleep 4711 &) ; (setsid sleep 4711 &); sleep 0.2; grep -l sleep /proc/[0-9]*/comm
RUN ! grep -l sleep /proc/[0-9]*/comm && [ "$(cat; echo empty)" = empty ]
RUN --mount=target=/context [ -L /context/way-out ] && [ ! -e /context/way-out/canary ] && [ ! -e /context/file-out ]
RUN --mount=type=cache,target=/c ln -s / /c/root && ln -s ${outside} /c/out
RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/c/root/usr/new [ -d /c/usr/new ] && [ ! -e /c/root/usr/new ]
RUN [ ! -e /usr/new ]
`,
  });
  const { exit, stdout, stderr } = await world.run('lock', [], { env: { CANARY: 'of the machine' } });
  expect(exit, stderr).toBe(0);
  expect(stdout + stderr).not.toContain('keeps to itself');
  server.close();
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  expect(lines.filter(line => line.includes(world.root))).toEqual([]);
});

test.each([
  ['--mount=source=way-out,target=/x', 'MOUNT_SOURCE_MISSING', 2],
  ['--mount=source=../../../etc,target=/x', 'MOUNT_SOURCE_MISSING', 2],
  ['--mount=type=cache,id=c,source=out,target=/x', 'SANDBOX_MOUNT_SOURCE', 6],
])('a mount leads nowhere outside: %s', async (mount, code, exit) => {
  await world.write({
    Dockerfile: `FROM tiny:1
RUN --mount=type=cache,id=c,target=/c ln -s ${outside} /c/out
RUN ${mount} cat /x/canary
`,
  });
  const result = await world.run('lock');
  expect(result.stderr).toContain(code);
  expect(result.exit).toBe(exit);
});
