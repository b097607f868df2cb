import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { putDebianBases } from '../bases.ts';
import { holdfast, upstreamEnvironment } from '../program.ts';

const light = `FROM languages:1
RUN apt-get update && apt-get install -y --no-install-recommends wget libwww-perl liblwp-protocol-https-perl php-cli php-curl ruby python3-requests openssl && rm -rf /var/lib/apt/lists/*
`;

const heavy = `FROM clients:1
RUN apt-get update && apt-get install -y --no-install-recommends golang-go cargo maven composer && rm -rf /var/lib/apt/lists/*
RUN npm install -g yarn@1 pnpm@10
`;

/**
 * Makes a store with the shared base images, `plain:1`, which is Debian without roots, `clients:1`, and `heavy:1`
 * where it is wanted. It is made once for all runs.
 */
export async function putClientBases(store: string, withHeavy: boolean): Promise<void> {
  const directory = inject('sharedDirectory');
  const place = join(directory, withHeavy ? 'trust-heavy' : 'trust');
  if ((await stat(place).catch(() => undefined)) === undefined) {
    await mkdir(directory, { recursive: true });
    const work = await mkdtemp(join(directory, 'making-'));
    try {
      await make(work, withHeavy);
      await rename(join(work, 'store'), place);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  await cp(place, store, { recursive: true });
}

async function make(work: string, withHeavy: boolean): Promise<void> {
  const store = join(work, 'store');
  await putDebianBases(store);
  const places = ['--store', store, '--cache-dir', join(work, 'cache'), '--progress', 'plain'];
  await fetched(['base', 'bookworm', '--tag', 'plain:1', ...places]);
  const images = [
    ['clients:1', light],
    ['heavy:1', heavy],
  ] as const;
  for (const [name, dockerfile] of images.slice(0, withHeavy ? 2 : 1)) {
    const context = join(work, name.replace(':', '-'));
    await mkdir(context);
    await writeFile(join(context, 'Dockerfile'), dockerfile);
    await fetched(['lock', context, ...places]);
    await fetched(['build', context, '--tag', name, ...places]);
  }
}

/** As for the other bases, the machine's proxies and roots count. */
async function fetched(args: readonly string[]): Promise<void> {
  const { exit, stderr } = await holdfast(args, { env: upstreamEnvironment() });
  if (exit !== 0) throw new Error(`holdfast ${args.join(' ')} failed:\n${stderr}`);
}
