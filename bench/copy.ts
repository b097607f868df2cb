import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { selfSigned } from '../src/registry/testing/certificates.ts';
import { startDockerRegistry, type DockerRegistry } from '../src/registry/testing/docker-registry.ts';
import { LayoutWriter } from '../src/registry/testing/layout-writer.ts';
import { tarOf } from '../testkit/tar.ts';
import { pairText, sideBySide, usage } from './measure.ts';

const program = join(import.meta.dirname, '..', 'bin', 'holdfast.js');
/** There and back: as to a registry in the same country, and on another continent. */
const distances = [20, 100];

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
    for (const [what, name] of againNames) {
      const origin = `docker://${source.domain}/${name}:1`;
      const there = `docker://${target}/${name}:1`;
      ours(there, origin);
      yield pairText(
        sideBySide(
          `${what} again`,
          2 * runs + 1,
          () => ours(there, origin),
          () => theirs(there, origin),
        ),
      );
    }
    yield* againFarAway(place, runs);

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

const againNames = [
  ['The same image', 'large'],
  ['The same index of eight platforms', 'index'],
] as const;

/**
 * What is there already, between registries some way off that speak TLS: what counts is how often each is asked, and how
 * many connections that takes.
 */
async function* againFarAway(place: string, runs: number): AsyncGenerator<string> {
  // Registries of the loopback are spoken to in another way than those of the world.
  const address = Object.values(networkInterfaces())
    .flatMap(one => one ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (address === undefined) return yield 'This machine has no address of its own to be far away at\n';
  const certificates = join(place, 'certificates');
  mkdirSync(certificates);
  const { cert, key } = await selfSigned(place, [`IP:${address}`]);
  copyFileSync(cert, join(certificates, 'root.crt'));
  const tls = { certificate: cert, key };
  const [source, target] = await Promise.all([startDockerRegistry({ tls }), startDockerRegistry({ tls })]);
  const trust = ['--src-cert-dir', certificates, '--dest-cert-dir', certificates];
  const env = { HOLDFAST_CACHE: join(place, 'cache') };
  const ours = (from: string, to: string) =>
    usage({ argv: [process.execPath, program, 'copy', '-q', ...trust, from, to], env }).seconds;
  const skopeo = ['skopeo', '--insecure-policy', 'copy', '-q', '--preserve-digests', '--all', ...trust];
  const theirs = (from: string, to: string) => usage({ argv: [...skopeo, from, to] }).seconds;
  try {
    for (const distance of [0, ...distances]) {
      const wires = await Promise.all([source, target].map(registry => delayed(registry, distance)));
      const [from, to] = wires.map(({ port }) => `docker://${address}:${port}`);
      for (const [what, name] of againNames) {
        const [origin, there] = [`${from}/${name}:1`, `${to}/${name}:1`];
        if (distance === 0) {
          for (const one of [origin, there]) ours(`oci:${join(place, 'images')}:${name}`, one);
          continue;
        }
        yield pairText(
          sideBySide(
            `${what} again, with TLS ${distance} ms away`,
            2 * runs + 1,
            () => ours(origin, there),
            () => theirs(origin, there),
          ),
        );
      }
      for (const wire of wires) wire.stop();
    }
  } finally {
    for (const registry of [source, target]) await registry.stop();
  }
}

/** The same registry through a wire that takes its time: milliseconds there and back. */
async function delayed({ domain }: DockerRegistry, distance: number): Promise<Wire> {
  const [, port = ''] = domain.split(':');
  const wire = [join(import.meta.dirname, 'delay.ts'), port, String(distance / 2)];
  const child = spawn(process.execPath, wire, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString()), stop: () => void child.kill() };
}

interface Wire {
  readonly port: number;
  stop(): void;
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
