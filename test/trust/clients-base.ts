import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { putDebianBases } from '../bases.ts';
import { holdfast, upstreamEnvironment } from '../program.ts';
import { sharedPlace } from '../shared-place.ts';

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
  const place = await sharedPlace(withHeavy ? 'trust-heavy' : 'trust', async work => {
    await make(work, withHeavy);
    return join(work, 'store');
  });
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
