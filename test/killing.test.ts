import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseLock } from '../src/lock/index.ts';
import { rottenBlobs, startProcess, survivorsWith } from './support-processes.ts';
import {
  lockedImage,
  makeWorld,
  printedImage,
  serveFiles,
  startServers,
  type Servers,
  type World,
} from './world.ts';

/** In the command line of every step's shell. */
const marker = `holdfast-step-of-${process.pid}`;
const env = { SOURCE_DATE_EPOCH: '1767225600' };
const kills = 6;

let servers: Servers;
let world: World;
let image: string;
let duration: number;
beforeAll(async () => {
  servers = await startServers();
  serveFiles(servers, { '/tool.sh': 'echo tool 1\n' });
  world = await makeWorld();
  await world.tinyBase();
  await world.write({
    Dockerfile: `FROM tiny:1 AS one
RUN wget -qO- ${servers.urls.files}/tool.sh | sh; : ${marker}
RUN wget -qO /big '${servers.urls.files}/big?size=8000000'; : ${marker}
FROM tiny:1
RUN sleep 0.3; mkdir /many; for n in $(seq 200); do echo $n > /many/$n; done; : ${marker}
COPY --from=one /big /big
`,
  });
  const began = performance.now();
  await world.succeed('lock', servers.addHosts, { env });
  duration = performance.now() - began;
  image = lockedImage(await world.readLock());
});
afterAll(async () => {
  await servers.close();
  await world.close();
});

/** Moments spread over a whole run, each somewhere else in its part of it. */
const moments = () =>
  Array.from({ length: kills }, (_, n) => Math.ceil(((n + Math.random()) * duration) / kills));

async function expectWhole(): Promise<void> {
  expect(await survivorsWith(marker)).toEqual([]);
  expect(await rottenBlobs(world.store)).toEqual([]);
}

test('killed while it locks, at any time: store and lock are valid, and the next run gives the same', async () => {
  for (const killAfter of moments()) {
    await rm(world.lockPath, { force: true });
    await world.emptyCache();
    const killed = await world.run('lock', servers.addHosts, { env, killAfter });
    if (killed.exit !== null) expect(killed.exit, killed.stderr).toBe(0);
    await expectWhole();
    const text = await world.readLock().catch(() => undefined);
    if (text !== undefined) expect(parseLock(text, 'holdfast.lock').builds).toHaveLength(1);
    await world.succeed('lock', servers.addHosts, { env });
    expect(lockedImage(await world.readLock()), `killed after ${killAfter} ms`).toBe(image);
    await expectWhole();
  }
});

test('killed while it builds, at any time: nothing is lost, and the next run gives the locked image', async () => {
  const lock = await world.readLock();
  for (const killAfter of moments()) {
    await world.emptyCache();
    const killed = await world.run('build', ['--locked', '--tag', `killed:${killAfter}`], { killAfter });
    if (killed.exit !== null) expect(killed.exit, killed.stderr).toBe(0);
    await expectWhole();
    const built = await world.succeed('build', ['--locked', '--tag', 'next:1']);
    expect(printedImage(built), `killed after ${killAfter} ms`).toBe(image);
    expect(await world.readLock()).toBe(lock);
  }
  await expectWhole();
});

test('asked to stop, it ends its steps and says so', async () => {
  const other = await makeWorld();
  await other.tinyBase();
  await other.write({ Dockerfile: `FROM tiny:1\nRUN echo here it is; sleep 600; : ${marker}\n` });
  for (const [signal, exit] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const program = [join(import.meta.dirname, '..', 'bin', 'holdfast.js'), 'lock', other.project];
    const started = startProcess(process.execPath, program, { PATH: process.env['PATH'], HOME: other.home });
    await started.said('  here it is');
    started.kill(signal);
    expect(await started.ended).toBe(exit);
    expect(started.output()).toContain(`error INTERRUPTED: stopped by ${signal}`);
    expect(await survivorsWith(marker)).toEqual([]);
  }
  await other.close();
});

test('two builds at once share a store and a cache', async () => {
  await world.emptyCache();
  const both = await Promise.all([1, 2].map(n => world.succeed('build', ['--locked', '--tag', `both:${n}`])));
  for (const result of both) expect(printedImage(result)).toBe(image);
  await expectWhole();
});

test('two locks of two projects at once share a store', async () => {
  const others = ['a', 'b'].map(name => ({
    file: `Dockerfile.${name}`,
    text: `FROM tiny:1\nRUN wget -qO- ${servers.urls.files}/tool.sh | sh; echo ${name} > /name\n`,
  }));
  await world.emptyCache();
  await rm(world.lockPath);
  for (const { file, text } of others) await world.write({ [`${file}.d/Dockerfile`]: text });
  const at = (file: string) => ['--file', `${world.project}/${file}.d/Dockerfile`];
  await Promise.all(
    others.map(({ file }) => world.succeed('lock', [...servers.addHosts, ...at(file)], { env })),
  );
  await world.emptyCache();
  for (const { file } of others) await world.succeed('build', ['--locked', ...at(file)]);
  await expectWhole();
});
