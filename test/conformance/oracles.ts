import { execFile, execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDocker } from '../support-docker.ts';
import type { Case } from './case.ts';
import type { BuiltImage } from './image-facts.ts';
import type { WrittenCase } from './write-context.ts';

const run = promisify(execFile);

/** A builder that others trust, at work here. */
export interface Oracle {
  /** With its version. */
  readonly name: string;
  readonly build: (one: Case, written: WrittenCase, directory: string) => Promise<BuiltImage>;
  /** The base image as this builder has it. */
  readonly base: BuiltImage;
  readonly stop: () => Promise<void>;
}

/** @param base an OCI layout that holds `tiny:1` */
export async function dockerOracle(base: string, work: string): Promise<Oracle> {
  const started = await startDocker();
  if (typeof started === 'string') throw new Error(started);
  const { docker, host, stop } = started;
  const archive = join(work, 'base-for-docker.tar');
  await run('skopeo', ['copy', '--quiet', `oci:${base}:tiny:1`, `docker-archive:${archive}:tiny:1`]);
  await docker(['load', '--input', archive]);
  const { stdout } = await docker(['version', '--format', '{{.Server.Version}}']);
  return {
    name: `BuildKit of Docker ${version(stdout)}`,
    base: await readDockerArchive(archive, join(work, 'base-of-docker')),
    stop,
    build: async (one, { context, dockerfile }, directory) => {
      const secrets = Object.keys(one.secrets ?? {});
      const options = ['--network=none', '--no-cache', '--tag=case', ...commonOptions(one, dockerfile)];
      for (const id of secrets) options.push(`--secret=id=${id},env=${id}`);
      await run('docker', ['--host', host, 'build', ...options, context], {
        env: { ...process.env, ...one.secrets, DOCKER_BUILDKIT: '1' },
      });
      const saved = join(directory, 'docker.tar');
      await docker(['save', '--output', saved, 'case']);
      await docker(['image', 'rm', '--force', 'case']);
      return readDockerArchive(saved, join(directory, 'docker'));
    },
  };
}

/** @param base an OCI layout that holds `tiny:1` */
export async function buildahOracle(base: string, work: string): Promise<Oracle> {
  const places = ['--root', join(work, 'buildah'), '--runroot', join(work, 'buildah-run')];
  const buildah = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    run('buildah', [...places, '--storage-driver=overlay', ...args], { env: { ...process.env, ...env } });
  const archive = join(work, 'base-for-buildah.tar');
  await run('skopeo', ['copy', '--quiet', `oci:${base}:tiny:1`, `docker-archive:${archive}:tiny:1`]);
  await buildah(['pull', '--quiet', `docker-archive:${archive}`]);
  return {
    name: `buildah ${version(execFileSync('buildah', ['--version']).toString())}`,
    base: await readDockerArchive(archive, join(work, 'base-of-buildah')),
    // Its storage mounts itself.
    stop: async () => void (await run('umount', ['-R', join(work, 'buildah', 'overlay')]).catch(() => {})),
    build: async (one, { context, dockerfile }, directory) => {
      const options = ['--isolation=chroot', '--format=docker', '--pull-never', '--tag=case'];
      options.push(...commonOptions(one, dockerfile));
      for (const id of Object.keys(one.secrets ?? {})) options.push(`--secret=id=${id},env=${id}`);
      await buildah(['bud', ...options, context], one.secrets);
      const saved = join(directory, 'buildah.tar');
      await buildah(['push', '--quiet', 'case', `docker-archive:${saved}`]);
      await buildah(['rmi', '--force', 'case']);
      return readDockerArchive(saved, join(directory, 'buildah'));
    },
  };
}

function commonOptions({ args = {}, target }: Case, dockerfile: string): string[] {
  const given = Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`);
  return [`--file=${dockerfile}`, ...given, ...(target === undefined ? [] : [`--target=${target}`])];
}

const version = (text: string) => /\d+(\.\d+)+/.exec(text)?.[0] ?? 'of no version';

/** The only image of an archive as `docker save` writes them. */
async function readDockerArchive(archive: string, directory: string): Promise<BuiltImage> {
  await mkdir(directory, { recursive: true });
  await run('tar', ['-xf', archive, '-C', directory]);
  const read = async (path: string) => JSON.parse(await readFile(join(directory, path), 'utf8')) as unknown;
  const [image] = (await read('manifest.json')) as { Config: string; Layers: string[] | null }[];
  if (image === undefined) throw new Error(`${archive} holds no image`);
  return {
    config: await read(image.Config),
    layers: (image.Layers ?? []).map(layer => () => createReadStream(join(directory, layer))),
  };
}
