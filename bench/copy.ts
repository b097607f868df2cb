import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startDockerRegistry, type DockerRegistry } from '../src/registry/testing/docker-registry.ts';
import { LayoutWriter } from '../src/registry/testing/layout-writer.ts';
import { tarOf } from '../testkit/tar.ts';
import { pairText, sideBySide, usage } from './measure.ts';

const program = join(import.meta.dirname, '..', 'bin', 'holdfast.js');
/** One way, as to a registry in the same country. */
const farMilliseconds = 10;

/** Copies between two registries, beside skopeo: a large image, many small layers, and what is there already, near and far. */
export async function* benchCopy(place: string, runs: number): AsyncGenerator<string> {
  const layout = await LayoutWriter.begin(join(place, 'images'));
  await makeLarge(layout);
  await makeMany(layout);
  await makeIndex(layout);
  const source = await startDockerRegistry();
  // skopeo remembers where a registry has a blob: each copy has a registry of its own.
  const fresh = await Promise.all(Array.from({ length: 4 * runs + 1 }, () => startDockerRegistry()));
  const unused = [...fresh];
  const next = () => (unused.pop() as DockerRegistry).domain;
  const holdfast = (...args: string[]) =>
    usage({
      argv: [process.execPath, program, ...args, '--quiet'],
      env: { HOLDFAST_CACHE: join(place, 'cache') },
    });
  const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const skopeo = (command: string, ...args: string[]) =>
    usage({ argv: ['skopeo', '--insecure-policy', command, '--preserve-digests', '--all', ...tls, ...args] });
  try {
    const fill = (tag: string, name: string) =>
      spawnSync(process.execPath, [
        program,
        'copy',
        '--quiet',
        `oci:${join(place, 'images')}:${tag}`,
        `docker://${source.domain}/${name}:1`,
      ]);
    fill('large', 'large');
    fill('index', 'index');
    const names = Array.from({ length: 100 }, (_, n) => `many/image${n}`);
    for (const [n, name] of names.entries()) fill(`many${n}`, name);
    const from = `docker://${source.domain}/large:1`;

    let peak = 0;
    const ours = (to: string, origin = from) => {
      const { seconds, megabytes } = holdfast('copy', origin, to);
      peak = Math.max(peak, megabytes);
      return seconds;
    };
    const theirs = (to: string, origin = from) => skopeo('copy', '-q', origin, to).seconds;
    yield pairText(
      sideBySide(
        'An image of 300 MB from registry to registry',
        runs,
        () => ours(`docker://${next()}/large:1`),
        () => theirs(`docker://${next()}/large:1`),
      ),
    );
    yield `  peak memory of holdfast ${peak} MB\n`;

    const target = next();
    for (const [what, name] of [
      ['The same image', 'large'],
      ['The same index of eight platforms', 'index'],
    ] as const) {
      const origin = `docker://${source.domain}/${name}:1`;
      const there = `docker://${target}/${name}:1`;
      ours(there, origin);
      yield* again(`${what} again`, origin, there, runs, ours, theirs);
    }

    const list = join(place, 'list.yaml');
    const images = names.map(name => `    ${name}: ["1"]\n`).join('');
    writeFileSync(list, `${source.domain}:\n  tls-verify: false\n  images:\n${images}`);
    const targets: string[] = [];
    const sync = (to: string) => holdfast('sync', list, `docker://${to}/mirror`).seconds;
    const theirSync = (to: string) =>
      skopeo('sync', '--src=yaml', '--dest=docker', list, `${to}/mirror`).seconds;
    const freshTarget = () => {
      const domain = next();
      targets.push(domain);
      return domain;
    };
    yield pairText(
      sideBySide(
        '100 images with 2,000 small layers, one sync',
        runs,
        () => sync(freshTarget()),
        () => theirSync(freshTarget()),
      ),
    );
    const [known = ''] = targets;
    yield pairText(
      sideBySide(
        'The same 100 images again',
        runs,
        () => sync(known),
        () => theirSync(known),
      ),
    );
  } finally {
    for (const registry of [source, ...fresh]) await registry.stop();
  }
}

/** What is there already; and the same with both registries some way off: what counts is how often each is asked. */
async function* again(
  what: string,
  from: string,
  there: string,
  runs: number,
  ours: (to: string, origin: string) => number,
  theirs: (to: string, origin: string) => number,
): AsyncGenerator<string> {
  const compared = (where: string, origin: string, to: string) =>
    pairText(
      sideBySide(
        what + where,
        2 * runs + 1,
        () => ours(to, origin),
        () => theirs(to, origin),
      ),
    );
  yield compared('', from, there);
  const far = await Promise.all([from, there].map(place => delayed(place)));
  const [origin, to] = far.map(({ place }) => place) as [string, string];
  try {
    yield compared(`, ${2 * farMilliseconds} ms away`, origin, to);
  } finally {
    for (const wire of far) wire.stop();
  }
}

/** The same place through a wire that takes its time. */
async function delayed(place: string): Promise<{ readonly place: string; stop(): void }> {
  const port = /:(\d+)\//.exec(place)?.[1] ?? '';
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'delay.ts'), port, String(farMilliseconds)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    place: place.replace(`:${port}/`, `:${line.toString().trim()}/`),
    stop: () => void child.kill(),
  };
}

const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** Five layers of 60 MB that do not compress. */
async function makeLarge(layout: LayoutWriter): Promise<void> {
  const layers = [];
  for (let n = 0; n < 5; n++) layers.push(await layout.blob(noise(`large ${n}`, 60_000_000), layerType));
  await layout.name('large', await imageOf(layout, layers));
}

/** 100 images of 20 layers of their own, of 1 to 20 kB. */
async function makeMany(layout: LayoutWriter): Promise<void> {
  for (let image = 0; image < 100; image++) {
    const layers = [];
    for (let n = 0; n < 20; n++) {
      const content = noise(`${image} ${n}`, 1000 * (n + 1));
      layers.push(await layout.blob(gzipSync(tarOf([{ path: `${image}/${n}`, content }])), layerType));
    }
    await layout.name(`many${image}`, await imageOf(layout, layers));
  }
}

/** Eight platforms, five layers each. */
async function makeIndex(layout: LayoutWriter): Promise<void> {
  const entries = [];
  for (const architecture of ['amd64', 'arm64', 'arm', '386', 'ppc64le', 's390x', 'riscv64', 'mips64le']) {
    const layers = [];
    for (let n = 0; n < 5; n++)
      layers.push(await layout.blob(noise(`${architecture} ${n}`, 100_000), layerType));
    entries.push({ ...(await imageOf(layout, layers)), platform: { os: 'linux', architecture } });
  }
  await layout.name('index', await layout.index(entries));
}

async function imageOf(layout: LayoutWriter, layers: readonly { readonly digest: string }[]) {
  const diffIds = layers.map(({ digest }) => digest);
  const config = {
    os: 'linux',
    architecture: 'amd64',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const bytes = Buffer.from(JSON.stringify(config));
  return layout.manifest({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: await layout.blob(bytes, 'application/vnd.oci.image.config.v1+json'),
    layers,
  });
}

function noise(seed: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest();
}
