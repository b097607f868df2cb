import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatPlatform, hostPlatform, type Digest } from '../src/core/index.ts';
import { Store } from '../src/store/index.ts';
import { buildFile, configOf, configOfImage } from './built-image.ts';
import { withEmulator } from './emulator.ts';
import { foreignPlatform, putMultiBase } from './foreign-base.ts';
import {
  makeWorld,
  printedImage,
  serveFiles,
  startServers,
  withoutNetwork,
  type Servers,
  type World,
} from './world.ts';

const here = formatPlatform(hostPlatform());
const other = formatPlatform(foreignPlatform);

let world: World;
let servers: Servers;

beforeAll(async () => {
  world = await makeWorld();
  servers = await startServers();
  await world.tinyBase();
  await putMultiBase(await Store.open(world.store));
});
afterAll(async () => {
  await world.close();
  await servers.close();
});

interface Index {
  readonly mediaType: string;
  readonly manifests: readonly {
    readonly digest: Digest;
    readonly platform: { readonly architecture: string };
  }[];
}

describe('a cross build for two platforms', () => {
  const platforms = ['--platform', `${other},${here}`];
  let index: string;

  beforeAll(async () => {
    serveFiles(servers, { '/lib/-/lib-1.0.0.tgz': 'one', '/lib/-/lib-2.0.0.tgz': 'two' });
    let answers = 0;
    servers.files.pages.set('/page', (_request, response) => response.end(`answer ${++answers}`));
    const { files } = servers.urls;
    await world.write({
      Dockerfile: `FROM --platform=$BUILDPLATFORM tiny:1 AS build
ARG TARGETPLATFORM TARGETARCH BUILDPLATFORM
RUN wget -q -O /page ${files}/page
RUN if [ "$TARGETPLATFORM" = "$BUILDPLATFORM" ]; then V=1.0.0; else V=2.0.0; fi; wget -q -O /lib ${files}/lib/-/lib-$V.tgz
RUN echo "$TARGETARCH" > /arch
FROM scratch
COPY --from=build /page /lib /arch /
ARG TARGETARCH
ENV ARCH=$TARGETARCH
`,
    });
    const { stderr, stdout } = await world.succeed('lock', [...platforms, ...servers.addHosts]);
    index = /^sha256:.*$/m.exec(stdout)?.[0] ?? '';
    expect(stderr).toContain(`the platforms differ in npm lib: 2.0.0 for ${other}; 1.0.0 for ${here}`);
    expect(stderr.match(/the platforms differ/g)).toHaveLength(1);
  });

  test('the lock has an entry for each, and one answer to what both asked', async () => {
    const lock = await world.readLock();
    expect([...lock.matchAll(/^ {4}platform: "(.*)"$/gm)].map(([, platform]) => platform)).toEqual(
      [here, other].toSorted(),
    );
    expect(lock.match(/\/page"/g)).toHaveLength(1);
  });

  test('the image is an index in the order that was given, the same from the lock alone', async () => {
    await world.emptyCache();
    const layout = join(world.root, 'layout');
    const { stderr } = await world.succeed(
      'build',
      [...platforms, '--locked', '-o', `oci:${layout}`, '--json'],
      {
        through: withoutNetwork,
      },
    );
    expect(stderr).toContain('the platforms differ in npm lib');
    const store = await Store.open(world.store);
    const { mediaType, manifests }: Index = JSON.parse((await store.readBytes(index as Digest)).toString());
    expect(mediaType).toBe('application/vnd.oci.image.index.v1+json');
    expect(manifests.map(({ platform }) => platform)).toEqual([foreignPlatform, hostPlatform()]);
    for (const { digest, platform } of manifests) {
      const config = await configOfImage(world, digest);
      expect(config.architecture).toBe(platform.architecture);
      expect(config.config?.Env).toContain(`ARCH=${platform.architecture}`);
    }
    const written = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index;
    expect(written.manifests.map(({ digest }) => digest)).toEqual([index]);
  });

  test('each is verified', async () => {
    const { json } = await world.succeed('verify', [...platforms, '--json'], { through: withoutNetwork });
    expect(json).toMatchObject({ same: true, platforms: [{ same: true }, { same: true }] });
  });

  test('one of them alone is its own image, and an index of one where BuildKit’s argument asks for it', async () => {
    const alone = await world.succeed('build', ['--platform', other, '--locked']);
    const store = await Store.open(world.store);
    const { manifests }: Index = JSON.parse((await store.readBytes(index as Digest)).toString());
    expect(printedImage(alone)).toBe(manifests[0]?.digest);
    const asked = await buildFile(world, 'asked.Dockerfile', 'FROM scratch\n', [
      '--build-arg',
      'BUILDKIT_MULTI_PLATFORM=1',
    ]);
    const one: Index = JSON.parse((await store.readBytes(printedImage(asked) as Digest)).toString());
    expect(one.manifests.map(({ platform }) => platform)).toEqual([hostPlatform()]);
  });
});

describe('a base for several platforms', () => {
  test('is locked for each to the same index', async () => {
    const built = await buildFile(world, 'bases.Dockerfile', 'FROM multi:1\nENV A=b\n', [
      '--platform',
      `${here},${other}`,
    ]);
    expect(built.exit, built.stderr).toBe(0);
    const images = [
      ...(await world.readLock()).matchAll(/reference: "multi:1", platform: "(\S+)", index: "(\S+)"/g),
    ];
    expect(images.map(([, platform]) => platform)).toEqual([other, here].toSorted());
    expect(new Set(images.map(([, , index]) => index)).size).toBe(1);
  });

  test('gives the image its platform where FROM names it and the user does not', async () => {
    const built = await buildFile(world, 'named.Dockerfile', `FROM --platform=${other} multi:1\nENV A=b\n`);
    expect((await configOf(world, built)).architecture).toBe(foreignPlatform.architecture);
    // As in BuildKit, what the user asks for is what the image says.
    const asked = await buildFile(world, 'named.Dockerfile', `FROM --platform=${other} multi:1\nENV A=b\n`, [
      '--platform',
      here,
    ]);
    expect((await configOf(world, asked)).architecture).toBe(hostPlatform().architecture);
  });

  test.each([
    ['ARG P\nFROM --platform=$P tiny:1\n', 'FROM_PLATFORM_EMPTY'],
    ['FROM --platform=pdp11 tiny:1\n', 'PLATFORM_INVALID'],
    [`FROM --platform=${other} tiny:1\n`, 'IMAGE_PLATFORM'],
  ])('%j is refused', async (dockerfile, code) => {
    const { exit, stderr } = await buildFile(world, 'refused.Dockerfile', dockerfile);
    expect([exit, stderr.includes(`error ${code}: `)]).toEqual([2, true]);
    expect(stderr).toMatch(/at refused.Dockerfile:[12]:\d+/);
  });
});

describe('RUN for a platform that this machine is not', () => {
  const dockerfile = `FROM --platform=${other} multi:1\nRUN ["/make"]\n`;

  test('is refused without an emulator', async () => {
    const { exit, stderr } = await buildFile(world, 'run.Dockerfile', dockerfile);
    expect(exit).toBe(2);
    expect(stderr).toContain(`error PLATFORM_NOT_RUNNABLE: this machine cannot run programs for ${other}`);
    expect(stderr).toContain('at run.Dockerfile:2:1');
  });

  test('runs by the emulator that the kernel knows, and is cached without one', async context => {
    const emulated = withEmulator(foreignPlatform);
    if (typeof emulated === 'string') {
      console.log(`skipped: emulation: ${emulated}`);
      context.skip(emulated);
      return;
    }
    await world.write({ 'run.Dockerfile': dockerfile });
    const args = ['-f', join(world.project, 'run.Dockerfile')];
    const built = await world.run('build', args, { through: emulated });
    expect(built.exit, built.stderr).toBe(0);
    const store = await Store.open(world.store);
    const manifest = JSON.parse((await store.readBytes(printedImage(built) as Digest)).toString()) as {
      layers: { digest: Digest }[];
    };
    const layer = gunzipSync(await store.readBytes(manifest.layers[1]?.digest as Digest));
    expect(layer.toString('latin1', 0, 5)).toBe('made/');
    const cached = await world.run('build', args);
    expect(cached.exit, cached.stderr).toBe(0);
    expect(printedImage(cached)).toBe(printedImage(built));
  });
});
