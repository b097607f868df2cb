import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { putDebianBases } from '../bases.ts';
import { holdfast, upstreamEnvironment } from '../program.ts';
import { sharedPlace } from '../shared-place.ts';

/** Package managers that Debian has beside apt, on Python, pip, Node.js and npm. */
const light = `FROM languages:1
RUN apt-get update && apt-get install -y --no-install-recommends dnf rpm ruby ruby-bundler php-cli composer unzip \\
 && rm -rf /var/lib/apt/lists/*
`;

/** Those that need hundreds of megabytes. */
const heavy = `FROM installers:1
RUN apt-get update && apt-get install -y --no-install-recommends cargo-web maven \\
 && rm -rf /var/lib/apt/lists/*
`;

/**
 * Makes a store with the shared base images and `installers:1`, and with `installers-heavy:1` where it is wanted.
 * Each is made once for all runs that share a directory.
 */
export async function putInstallerBases(store: string, withHeavy: boolean): Promise<void> {
  const light = await sharedStore('installers', make);
  const place = withHeavy ? await sharedStore('installers-heavy', work => makeHeavy(work, light)) : light;
  await cp(place, store, { recursive: true });
}

/** The place of a store that is made once. */
function sharedStore(name: string, makeIn: (work: string) => Promise<void>): Promise<string> {
  return sharedPlace(name, async work => {
    await makeIn(work);
    return join(work, 'store');
  });
}

async function make(work: string): Promise<void> {
  await putDebianBases(join(work, 'store'));
  await buildBase(work, 'installers:1', light);
}

async function makeHeavy(work: string, base: string): Promise<void> {
  await cp(base, join(work, 'store'), { recursive: true });
  await buildBase(work, 'installers-heavy:1', heavy);
}

/** As for the other bases, this is fetched from outside, and the machine's proxies and roots count. */
async function buildBase(work: string, name: string, dockerfile: string): Promise<void> {
  const context = join(work, 'context');
  await mkdir(context);
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  const places = ['--store', join(work, 'store'), '--cache-dir', join(work, 'cache'), '--progress', 'plain'];
  for (const args of [
    ['lock', context],
    ['build', context, '--tag', name],
  ]) {
    const { exit, stderr } = await holdfast([...args, ...places], { env: upstreamEnvironment() });
    if (exit !== 0) throw new Error(`holdfast ${args.join(' ')} failed:\n${stderr}`);
  }
}
