import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  noDockerRegistry,
  startDockerRegistry,
  type DockerRegistry,
} from '../src/registry/testing/docker-registry.ts';
import { startDocker, type Docker } from './support-docker.ts';
import { blobPath, digestOf, RegistryImages, type PushedImage } from './support-registry.ts';
import { makeWorld, printedImage, type World } from './world.ts';

const run = promisify(execFile);
if (noDockerRegistry) console.log(`skipped: ${noDockerRegistry}`);

interface Inspected {
  readonly Digest: string;
  readonly Layers: readonly string[];
  readonly Architecture: string;
  readonly Env: readonly string[];
}

async function skopeoInspect(place: string): Promise<Inspected> {
  const { stdout } = await run('skopeo', ['inspect', '--tls-verify=false', place]);
  return JSON.parse(stdout) as Inspected;
}

describe.skipIf(noDockerRegistry)('images', () => {
  let world: World;
  let registry: DockerRegistry;
  let images: RegistryImages;
  beforeAll(async () => {
    world = await makeWorld();
    registry = await startDockerRegistry();
    images = new RegistryImages(registry.domain);
  });
  afterAll(async () => {
    await registry.stop();
    await world.close();
  });

  describe('in', () => {
    const steps = 'RUN cat /marker > /seen\n';

    async function lockOf(dockerfile: string, args: readonly string[] = []): Promise<string> {
      await world.write({ Dockerfile: dockerfile });
      await rm(world.lockPath, { force: true });
      await world.succeed('lock', args);
      return world.readLock();
    }

    const imageLine = (reference: string, image: PushedImage, platform = 'linux/amd64', index?: string) =>
      `  - {reference: "${reference}", platform: "${platform}", ${index === undefined ? '' : `index: "${index}", `}` +
      `manifest: "${image.digest}", config: "${image.config}", diffIds: ${JSON.stringify(image.diffIds)}}\n`;

    /** The configuration and manifest that a build printed the digest of. */
    async function built(digest: string) {
      const blob = async (of: string) =>
        JSON.parse(await readFile(blobPath(world.store, of), 'utf8')) as unknown;
      const manifest = (await blob(digest)) as { config: { digest: string }; layers: { digest: string }[] };
      const config = (await blob(manifest.config.digest)) as {
        architecture: string;
        rootfs: { diff_ids: string[] };
      };
      return { manifest, config };
    }

    test('by tag: the lock names manifest, configuration and diff IDs, and keeps them when the tag moves', async () => {
      const old = await images.busybox('moving:1', 'old');
      const reference = `${registry.domain}/moving:1`;
      const lock = await lockOf(`FROM ${reference}\n${steps}`);
      expect(lock).toContain(imageLine(reference, old));
      const image = printedImage(await world.succeed('build', ['--locked']));
      const moved = await images.busybox('moving:1', 'new');
      expect((await images.manifest('moving', '1')).digest).toBe(moved.digest);
      await world.emptyCache();
      expect(printedImage(await world.succeed('build', ['--locked']))).toBe(image);
      await world.succeed('lock');
      expect(await world.readLock()).toBe(lock);
      // One more line in the Dockerfile does not move it either.
      await world.write({ Dockerfile: `FROM ${reference}\n${steps}RUN cat /marker > /again\n` });
      const { stderr } = await world.succeed('lock', ['--progress', 'plain']);
      expect(await world.readLock(), stderr).toContain(imageLine(reference, old));
    });

    test('by digest, also where the tag beside it is another image by now', async () => {
      const first = await images.busybox('pinned:1', 'first');
      await images.busybox('pinned:1', 'second');
      for (const name of [`pinned@${first.digest}`, `pinned:1@${first.digest}`]) {
        const lock = await lockOf(`FROM ${registry.domain}/${name}\n${steps}`);
        expect(lock).toContain(`manifest: "${first.digest}", config: "${first.config}"`);
      }
    });

    test('an index: the lock names it and the image of the platform that is asked for', async () => {
      const amd64 = await images.busybox('many:amd64', 'amd64');
      const arm64 = await images.push('many:arm64', [Buffer.alloc(1024)], { Env: ['A=arm'] }, 'arm64');
      const index = await images.index('many:1', [
        { image: amd64, architecture: 'amd64' },
        { image: arm64, architecture: 'arm64' },
      ]);
      const reference = `${registry.domain}/many:1`;
      const lock = await lockOf(`FROM ${reference}\n${steps}`, ['--platform', 'linux/amd64']);
      expect(lock).toContain(imageLine(reference, amd64, 'linux/amd64', index.digest));
      const other = await lockOf(`FROM ${reference}\nENV B=b\n`, ['--platform', 'linux/arm64']);
      expect(other).toContain(imageLine(reference, arm64, 'linux/arm64', index.digest));
      const result = await world.succeed('build', ['--locked', '--platform', 'linux/arm64']);
      const { config } = await built(printedImage(result));
      expect(config).toMatchObject({
        architecture: 'arm64',
        config: { Env: expect.arrayContaining(['A=arm', 'B=b']) },
      });
      const none = await world.run('lock', ['--platform', 'linux/s390x']);
      expect(none.exit).toBe(5);
      expect(none.stderr).toContain('REGISTRY_NO_PLATFORM');
    });

    test('blobs of the base that the store lost are fetched again, by digest, wherever the tag is by now', async () => {
      const base = await images.busybox('lost:1', 'lost');
      await lockOf(`FROM ${registry.domain}/lost:1\n${steps}`);
      const image = printedImage(await world.succeed('build', ['--locked']));
      await images.busybox('lost:1', 'moved');
      for (const digest of [base.digest, base.config]) await rm(blobPath(world.store, digest));
      await world.emptyCache();
      expect(printedImage(await world.succeed('build', ['--locked']))).toBe(image);
    });
  });

  describe('out', () => {
    let image: string;
    let places: Record<'oci' | 'oci-archive' | 'docker-archive' | 'docker', string>;
    beforeAll(async () => {
      await images.busybox('base:1', 'base', { Env: ['PATH=/bin', 'FROM_BASE=yes'] });
      places = {
        oci: `oci:${join(world.root, 'layout')}:v1`,
        'oci-archive': `oci-archive:${join(world.root, 'image.oci.tar')}`,
        'docker-archive': `docker-archive:${join(world.root, 'image.tar')}:team/app:v1`,
        docker: `docker://${registry.domain}/out/app:v1`,
      };
      await world.write({
        'hello.txt': 'hello\n',
        Dockerfile: `FROM ${registry.domain}/base:1
ENV GREETING="good day" HOME=/home
WORKDIR /srv/app
COPY --chown=app:app hello.txt .
RUN mkdir -p deep/er && ln -s ../hello.txt deep/link && chmod 750 deep && chown 1000:1000 deep
USER app
EXPOSE 8080/tcp
LABEL org.example.name="kelp"
ENTRYPOINT ["sh", "-c"]
CMD ["id -u; id -g; pwd; echo $GREETING $FROM_BASE; cat hello.txt; stat -c '%u %a' deep"]
`,
      });
      await world.succeed('lock');
      const outputs = Object.values(places).flatMap(place => ['-o', place]);
      const pushed = ['--tag', `${registry.domain}/out/pushed:v2`, '--push'];
      const result = await world.succeed('build', ['--locked', ...outputs, ...pushed]);
      image = printedImage(result);
      for (const place of Object.values(places))
        expect(result.stderr).toContain(`wrote ${place.split(':')[0]}:`);
    });

    test('skopeo reads each place, with the digest that was printed', async () => {
      const seen = await Promise.all(Object.values(places).map(skopeoInspect));
      const [oci, archive, docker, pulled] = seen;
      for (const each of [oci, archive, pulled]) expect(each?.Digest).toBe(image);
      expect(new Set(seen.map(({ Layers }) => Layers.length))).toEqual(new Set([5]));
      for (const { Env, Architecture } of seen) {
        expect(Env).toEqual(['PATH=/bin', 'FROM_BASE=yes', 'GREETING=good day', 'HOME=/home']);
        expect(Architecture).toBe('amd64');
      }
      // Docker's archive holds layers as they unpack: their digests are the diff IDs.
      const manifest = await images.manifest('out/app', 'v1');
      const { config } = JSON.parse(manifest.bytes.toString()) as { config: { digest: string } };
      const { stdout } = await run('skopeo', ['inspect', '--config', '--raw', places['docker-archive']]);
      expect(digestOf(Buffer.from(stdout))).toBe(config.digest);
      expect(docker?.Layers).toEqual(
        (JSON.parse(stdout) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids,
      );
    });

    test('the registry has the same bytes under both names', async () => {
      for (const [repository, tag] of [
        ['out/app', 'v1'],
        ['out/pushed', 'v2'],
      ] as const)
        expect((await images.manifest(repository, tag)).digest).toBe(image);
    });

    test('umoci unpacks the layout, and every layer has its diff ID', async () => {
      const bundle = join(world.root, 'bundle');
      const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
      await run('umoci', ['unpack', ...rootless, '--image', places.oci.slice('oci:'.length), bundle]);
      expect((await readdir(join(bundle, 'rootfs', 'srv', 'app'))).toSorted()).toEqual(['deep', 'hello.txt']);
      const spec = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as {
        process: { user: object; cwd: string; env: string[] };
      };
      expect(spec.process).toMatchObject({ user: { uid: 1000, gid: 1000 }, cwd: '/srv/app' });
      expect(spec.process.env).toContain('GREETING=good day');
    });

    test('a real Docker loads it and runs it', async context => {
      const started = await startDocker();
      if (typeof started === 'string') {
        console.log(`skipped: a real Docker: ${started}`);
        context.skip(started);
        return;
      }
      const { docker, stop }: Docker = started;
      try {
        const { stdout: loaded } = await docker(['load', '--input', join(world.root, 'image.tar')]);
        expect(loaded).toContain('Loaded image: team/app:v1');
        const { stdout } = await docker(['run', '--rm', '--network=none', 'team/app:v1']);
        expect(stdout.split('\n')).toEqual([
          '1000',
          '1000',
          '/srv/app',
          'good day yes',
          'hello',
          '1000 750',
          '',
        ]);
        const { stdout: id } = await docker(['image', 'inspect', '--format', '{{.Id}}', 'team/app:v1']);
        const manifest = JSON.parse((await images.manifest('out/app', 'v1')).bytes.toString()) as {
          config: { digest: string };
        };
        expect(id.trim()).toBe(manifest.config.digest);
      } finally {
        await stop();
      }
    });
  });
});
