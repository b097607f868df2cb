// A lock made against one registry builds from a copy in another, compressed as it was or in another way.
import { readFile, rm } from 'node:fs/promises';
import { zstdCompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { tarOf } from '../testkit/tar.ts';
import { blobPath, busyboxLayer, RegistryImages } from './support-registry.ts';
import { holdfast, lockedImage, makeWorld, printedImage, withoutNetwork, type World } from './world.ts';

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
}

const zstd = { suffix: 'zstd', bytes: (tar: Buffer) => zstdCompressSync(tar) };
const config = { Env: ['PATH=/bin'] };
const marker = (text: string) => tarOf([{ path: 'marker', content: Buffer.from(text) }]);

let world: World;
let origin: DockerRegistry;
let mirror: DockerRegistry;
let busybox: Buffer;
let lock: string;

describe.skipIf(noDockerRegistry)('a registry that is gone', () => {
  beforeAll(async () => {
    [world, origin, mirror] = [await makeWorld(), await startDockerRegistry(), await startDockerRegistry()];
    busybox = await busyboxLayer();
    const images = new RegistryImages(origin.domain);
    for (const name of ['exact', 'zstd', 'other', 'liar'])
      await images.push(`team/${name}:1`, [busybox, marker(name)], config);
    await putOwnBase();
    const copies = new RegistryImages(mirror.domain);
    await copies.push('copies/exact:1', [busybox, marker('exact')], config);
    await copies.push('copies/zstd:1', [busybox, marker('zstd')], config, 'amd64', zstd);
    await copies.push('copies/other:1', [busybox, marker('two')], config);
    await putLiar(copies);
    for (const name of ['exact', 'zstd', 'other', 'liar', 'own']) {
      await world.write({
        [`${name}.Dockerfile`]: `FROM ${origin.domain}/team/${name}:1\nRUN echo made > /made\n`,
      });
      await succeed('lock', name);
    }
    await world.write({
      'holdfast.yaml': `mirrors:\n  ${origin.domain}/team:\n    - 127.0.0.1:1/nobody\n    - location: ${mirror.domain}/copies\n`,
    });
    await origin.stop();
  }, 300_000);
  afterAll(() => Promise.all([world.close(), mirror.stop()]));
  beforeEach(() => world.emptyCache());

  test('whose image a mirror has as it is: the locked digest', async () => {
    await forgetBase('exact');
    const built = await succeed('build', 'exact');
    expect(printedImage(built)).toBe(lockedImage(lock));
    expect(built.stderr).toContain('127.0.0.1:1/nobody');
  });

  test('whose image a mirror has compressed in another way: the locked configuration and diff IDs', async () => {
    await forgetBase('zstd');
    const built = await succeed('build', 'zstd');
    expect(built.stderr).toContain('2 of 2 layers are compressed in another way');
    expect(built.stderr).toContain(`it is the locked ${lockedImage(lock)}`);
    const [image, locked] = [await manifestOf(printedImage(built)), await manifestOf(lockedImage(lock))];
    expect(printedImage(built)).not.toBe(lockedImage(lock));
    expect(image.config.digest).toBe(locked.config.digest);
    expect(image.layers.map(({ mediaType }) => mediaType.split('+')[1])).toEqual(['zstd', 'zstd', 'gzip']);
    expect(image.layers[2]).toEqual(locked.layers[2]);
    // It is found again without anybody being asked, and outlives gc.
    await world.emptyCache();
    expect((await holdfast(['store', 'gc', '--unused-for', '0'], { env: { HOME: world.home } })).exit).toBe(
      0,
    );
    const again = await succeed('build', 'zstd', { through: withoutNetwork });
    expect(printedImage(again)).toBe(printedImage(built));
    // It can be pushed, and a lock that is extended names what it named.
    const place = `oci:${world.root}/out`;
    await succeed('build', 'zstd', {}, ['-o', place]);
    const before = await readFile(lockPath('zstd'), 'utf8');
    await succeed('lock', 'zstd');
    expect(await readFile(lockPath('zstd'), 'utf8')).toBe(before);
  });

  test('whose image was built here: the layers are compressed again, and the digest is the locked one', async () => {
    await forgetBase('own');
    const built = await succeed('build', 'own');
    expect(built.stderr).toContain('by its configuration and diff IDs');
    expect(printedImage(built)).toBe(lockedImage(lock));
  });

  test.each([
    ['other', 'is another image than the locked'],
    ['liar', 'IMAGE_LAYER_MISMATCH|unpacks to'],
  ])('whose image no mirror has (%s) cannot be built from', async (name, said) => {
    await forgetBase(name);
    const { exit, stderr } = await run('build', name);
    expect(exit, stderr).toBe(5);
    expect(stderr).toMatch(new RegExp(said));
    expect(stderr).toContain('REGISTRY_UNREACHABLE');
  });

  test("is passed over by kaniko's flags, which name mirrors too", async () => {
    await forgetBase('exact');
    await rm(`${world.project}/holdfast.yaml`);
    const args = [`--registry-map=${origin.domain}/team=${mirror.domain}/copies`, '--no-push'];
    const file = ['--dockerfile', 'exact.Dockerfile', '--lockfile', lockPath('exact')];
    const { exit, stdout, stderr } = await holdfast(
      ['executor', '--progress', 'plain', `--context=${world.project}`, ...file, ...args],
      { cwd: world.root, env: { HOME: world.home } },
    );
    expect(exit, stderr).toBe(0);
    expect(stdout.trim()).toBe(lockedImage(lock));
  });
});

const lockPath = (name: string) => `${world.project}/${name}.lock`;

const run = (command: string, name: string, options = {}, more: readonly string[] = []) =>
  world.run(
    command,
    [
      '-f',
      `${world.project}/${name}.Dockerfile`,
      '--lockfile',
      lockPath(name),
      ...(command === 'build' ? ['--locked'] : []),
      ...more,
    ],
    options,
  );

async function succeed(command: string, name: string, options = {}, more: readonly string[] = []) {
  const result = await run(command, name, options, more);
  expect(result.exit, result.stderr).toBe(0);
  return result;
}

async function manifestOf(digest: string): Promise<Manifest> {
  return JSON.parse(await readFile(blobPath(world.store, digest), 'utf8')) as Manifest;
}

/** Takes the base of a lock out of the store: manifest, configuration and layers. */
async function forgetBase(name: string): Promise<void> {
  lock = await readFile(lockPath(name), 'utf8');
  const [, manifest = '', base = ''] = /manifest: "([^"]+)", config: "([^"]+)"/.exec(lock) ?? [];
  const { layers: blobs } = await manifestOf(manifest);
  for (const digest of [manifest, base, ...blobs.map(layer => layer.digest)])
    await rm(blobPath(world.store, digest), { force: true });
}

/** An image of this program's at the origin, and its layers compressed by another at the mirror. */
async function putOwnBase(): Promise<void> {
  await world.write({ 'base.Dockerfile': 'FROM scratch\nCOPY rootfs /\nENV PATH=/bin\n' });
  const { execFileSync } = await import('node:child_process');
  execFileSync('sh', [
    '-c',
    `mkdir -p ${world.project}/rootfs/bin && cp /bin/busybox ${world.project}/rootfs/bin && ln -s busybox ${world.project}/rootfs/bin/sh`,
  ]);
  await succeed('lock', 'base');
  const built = await succeed('build', 'base', {}, ['-o', `docker://${origin.domain}/team/own:1`]);
  const manifest = await manifestOf(printedImage(built));
  const document = await readFile(blobPath(world.store, manifest.config.digest));
  const tars: Buffer[] = [];
  for (const { digest } of manifest.layers)
    tars.push(gunzipSync(await readFile(blobPath(world.store, digest))));
  await new RegistryImages(mirror.domain).pushAs('copies/own:1', document, tars, zstd);
  await rm(`${world.project}/rootfs`, { recursive: true });
}

/** The locked configuration, and a layer that is not what it says. */
async function putLiar(copies: RegistryImages): Promise<void> {
  const honest = await copies.push('copies/honest:1', [busybox, marker('liar')], config);
  const document = await copies.blob('copies/honest', honest.config);
  await copies.pushAs('copies/liar:1', document, [busybox, marker('lie')], zstd);
}
