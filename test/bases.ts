import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Digest } from '../src/core/index.ts';
import { Store } from '../src/store/index.ts';
import { holdfast, upstreamEnvironment } from './program.ts';
import { sharedPlace } from './shared-place.ts';

/**
 * Puts into a store real images that are made once for all tests, from the archive in this system's apt
 * configuration: `debian:bookworm` with curl, on top of it `node:lts`, with this machine's Node.js and npm, and on top
 * of that `languages:1`, with Python, pip and git.
 */
export async function putDebianBases(
  store: string,
  names: readonly string[] = ['debian:bookworm', 'node:lts', 'languages:1'],
): Promise<void> {
  const shared = await Store.open(
    await sharedPlace('bases', async work => {
      await makeBases(work);
      return join(work, 'store');
    }),
  );
  for (const name of names) await lendImage(shared, name, await Store.open(store));
}

async function makeBases(work: string): Promise<void> {
  const places = ['--store', join(work, 'store'), '--cache-dir', join(work, 'cache'), '--progress', 'plain'];
  // The one thing in these tests that is fetched from outside, so the machine's proxies and roots count.
  const env = upstreamEnvironment();
  await succeed(
    ['base', 'bookworm', '--include', 'ca-certificates,curl', '--tag', 'debian:bookworm', ...places],
    env,
  );
  const context = join(work, 'node');
  const npm = dirname(dirname(await realpath(await which('npm'))));
  await cp(npm, join(context, 'lib', 'node_modules', 'npm'), { recursive: true });
  await cp(process.execPath, join(context, 'bin', 'node'));
  await writeFile(
    join(context, 'Dockerfile'),
    `FROM debian:bookworm
COPY bin /usr/local/bin
COPY lib /usr/local/lib
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && npm --version
`,
  );
  await succeed(['lock', context, ...places], {});
  await succeed(['build', context, '--tag', 'node:lts', ...places], {});
  const languages = join(work, 'languages');
  await mkdir(languages);
  await writeFile(
    join(languages, 'Dockerfile'),
    `FROM node:lts
RUN apt-get update && apt-get install -y --no-install-recommends git python3-pip && rm -rf /var/lib/apt/lists/*
`,
  );
  await succeed(['lock', languages, ...places], env);
  await succeed(['build', languages, '--tag', 'languages:1', ...places], {});
}

async function which(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v "$0"', program]);
  return stdout.trim();
}

async function succeed(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const { exit, stderr } = await holdfast(args, { env });
  if (exit !== 0) throw new Error(`holdfast ${args.join(' ')} failed:\n${stderr}`);
}

/** Copies an image: tests alter the blobs of their stores. */
export async function lendImage(from: Store, name: string, to: Store): Promise<void> {
  const image = await from.tagged(name);
  if (image === undefined) throw new Error(`the shared store has no ${name}`);
  const manifest = JSON.parse((await from.readBytes(image.digest)).toString()) as {
    config: { digest: Digest };
    layers: { digest: Digest }[];
  };
  for (const { digest } of [image, manifest.config, ...manifest.layers])
    await copyFile(from.pathOf(digest), to.pathOf(digest));
  await to.tag(name, image);
}
