// Results of steps that one machine leaves and another one takes.
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { lockedImage, makeWorld, printedImage, type World } from './world.ts';

let world: World;
let registry: DockerRegistry | undefined;
if (noDockerRegistry) console.log(`skipped: a cache in a registry, ${noDockerRegistry}`);
const at = (name: string) => join(world.root, name);

beforeAll(async () => {
  world = await makeWorld();
  if (!noDockerRegistry) registry = await startDockerRegistry();
  await world.tinyBase();
  await world.write({
    Dockerfile:
      'FROM tiny:1 AS tools\nRUN echo tool > /tool\nFROM tiny:1\nRUN echo made > /made\nCOPY --from=tools /tool /copied\n',
  });
  await world.succeed('lock');
}, 300_000);
afterAll(() => Promise.all([world.close(), registry?.stop()]));

/** As on a machine that has the lock and its recording, the base, and nothing that the build made. */
async function forgetResults(): Promise<void> {
  await world.emptyCache();
  const document = JSON.parse(
    await readFile(join(world.store, 'blobs/sha256', lockedImage(await world.readLock()).slice(7)), 'utf8'),
  ) as {
    layers: { digest: string }[];
  };
  for (const { digest } of document.layers.slice(1))
    await rm(join(world.store, 'blobs/sha256', digest.slice(7)), { force: true });
}

const ranSteps = (stderr: string) => [...stderr.matchAll(/\] done /g)].length;

test('in a directory, with the steps of other stages where they are asked for', async () => {
  const to = [
    '--cache-to',
    `type=local,dest=${at('min')}`,
    '--cache-to',
    `type=local,dest=${at('max')},mode=max`,
  ];
  expect((await world.succeed('build', to)).stderr).toContain('the results of 2 steps');
  for (const [place, ran] of [
    ['min', 1],
    ['max', 0],
  ] as const) {
    await forgetResults();
    const built = await world.succeed('build', ['--locked', '--cache-from', `type=local,src=${at(place)}`]);
    expect(printedImage(built)).toBe(lockedImage(await world.readLock()));
    expect(ranSteps(built.stderr)).toBe(ran);
  }
});

test.skipIf(noDockerRegistry !== undefined)('in a registry', async () => {
  const place = `${registry?.domain}/cache/app:1`;
  await world.succeed('build', ['--cache-to', `type=registry,ref=${place},mode=max`]);
  await forgetResults();
  const built = await world.succeed('build', ['--locked', '--cache-from', place]);
  expect(ranSteps(built.stderr)).toBe(0);
});

test('a place that lies is found out by the digest that the lock names', async () => {
  await world.write({ Dockerfile: 'FROM tiny:1\nRUN echo one > /one\nRUN echo two > /two\n' });
  await world.succeed('lock');
  await world.succeed('build', ['--cache-to', `type=local,dest=${at('liar')},mode=max`]);
  const blobs = join(at('liar'), 'blobs/sha256');
  // Two steps change places: every byte is as its digest says, and no result is the step's.
  for (const name of await readdir(blobs)) {
    const text = (await readFile(join(blobs, name))).toString('latin1');
    if (!text.startsWith('{"steps"')) continue;
    const cache = JSON.parse(text) as { steps: Record<string, { layer: { diffId: string } }> };
    const layers = Object.values(cache.steps).map(({ layer }) => layer);
    const turned = Object.keys(cache.steps).map((key, n) => [
      key,
      { layer: layers[(n + 1) % layers.length] },
    ]);
    await replaceConfig(name, JSON.stringify({ ...cache, steps: Object.fromEntries(turned) }));
  }
  await forgetResults();
  const { exit, json } = await world.run('build', [
    '--locked',
    '--json',
    '--cache-from',
    `type=local,src=${at('liar')}`,
  ]);
  expect(exit).toBe(1);
  expect(json).toMatchObject({ error: { code: 'IMAGE_DIFFERS' } });
});

/** Writes another configuration, and the manifest and index that name it. */
async function replaceConfig(old: string, text: string): Promise<void> {
  const { createHash } = await import('node:crypto');
  const sha = (bytes: string) => createHash('sha256').update(bytes).digest('hex');
  const blobs = join(at('liar'), 'blobs/sha256');
  await writeFile(join(blobs, sha(text)), text);
  const index = JSON.parse(await readFile(join(at('liar'), 'index.json'), 'utf8')) as {
    manifests: { digest: string; size: number }[];
  };
  for (const entry of index.manifests) {
    const manifest = JSON.parse(await readFile(join(blobs, entry.digest.slice(7)), 'utf8')) as {
      config: { digest: string; size: number };
    };
    if (manifest.config.digest !== `sha256:${old}`) continue;
    manifest.config = { ...manifest.config, digest: `sha256:${sha(text)}`, size: Buffer.byteLength(text) };
    const bytes = JSON.stringify(manifest);
    await writeFile(join(blobs, sha(bytes)), bytes);
    Object.assign(entry, { digest: `sha256:${sha(bytes)}`, size: Buffer.byteLength(bytes) });
  }
  await writeFile(join(at('liar'), 'index.json'), JSON.stringify(index));
}

test('a place that is not there is told of, and the steps run', async () => {
  await world.emptyCache();
  const built = await world.succeed('build', ['--locked', '--cache-from', `type=local,src=${at('nowhere')}`]);
  expect(built.stderr).toContain('is not used');
  expect(ranSteps(built.stderr)).toBe(2);
});
