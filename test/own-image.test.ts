// Holdfast in an image that Holdfast built, run by a real Docker as a CI job would.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upstreamEnvironment } from './program.ts';
import { startDocker, type Docker } from './support-docker.ts';
import { lockedImage, makeWorld, type World } from './world.ts';

const heavy = process.env['HOLDFAST_TEST_HEAVY'] === '1';
if (!heavy) console.log('skipped: the image of Holdfast; HOLDFAST_TEST_HEAVY=1 builds and runs it');

const run = promisify(execFile);
/** What the image's namespaces and mounts need beyond Docker's defaults. */
const capabilities = [
  '--cap-add=SYS_ADMIN',
  '--cap-add=NET_ADMIN',
  '--security-opt=seccomp=unconfined',
  '--security-opt=systempaths=unconfined',
];
let world: World;
let docker: Docker | undefined;
beforeAll(async () => {
  if (!heavy) return;
  world = await makeWorld();
  await world.tinyBase();
  const started = await startDocker();
  if (typeof started === 'string') throw new Error(started);
  docker = started;
}, 300_000);
afterAll(async () => {
  await docker?.stop();
  await world?.close();
});

test.skipIf(!heavy)('it builds what the program outside of it builds', async () => {
  const archive = join(world.root, 'holdfast.tar');
  const script = join(import.meta.dirname, '..', 'scripts', 'image');
  await run(script, [join(world.root, 'context'), '-o', `docker-archive:${archive}:holdfast:test`], {
    // npm and the archive are outside, so the machine's proxies and roots count.
    env: { ...upstreamEnvironment(), PATH: process.env['PATH'], HOME: world.home },
    maxBuffer: 2 ** 26,
  });
  await docker?.docker(['load', '-q', '-i', archive]);
  await world.write({
    Dockerfile: 'FROM tiny:1\nRUN id > /who && chown 5:6 /who && mkdir /etc/x\nCOPY file /\n',
    file: 'x',
  });
  await world.succeed('lock');
  const volumes = [`--volume=${world.project}:/workspace`, `--volume=${world.store}:/var/lib/holdfast/store`];
  const command = ['build', '--locked', '--no-cache', '--progress', 'quiet', '.'];
  const asJob = ['run', '--rm', '--network=none', ...capabilities, ...volumes, 'holdfast:test', ...command];
  const inside = await docker?.docker(asJob);
  expect(inside?.stdout.trim()).toBe(lockedImage(await world.readLock()));
  // With Docker's defaults nothing but chroot works, and somebody has to ask for it.
  const weaker = [
    'run',
    '--rm',
    '--network=none',
    '--env=HOLDFAST_ISOLATION=chroot',
    ...volumes,
    'holdfast:test',
  ];
  const copied = await docker?.docker([...weaker, ...command]);
  expect(copied?.stdout.trim()).toBe(lockedImage(await world.readLock()));
});
