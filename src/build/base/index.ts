import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stepError, type Digest, type Platform } from '../../core/index.ts';
import {
  extractLayer,
  formatImageConfig,
  formatManifest,
  mediaTypes,
  rules,
  writeLayer,
  type ImageConfig,
} from '../../image/index.ts';
import type { DistributionSuite, Fetch } from '../../kinds/apt/index.ts';
import { refuseUnrunnable } from '../../sandbox/index.ts';
import type { Store, TaggedDescriptor } from '../../store/index.ts';
import { NamespacesNeeded, type BuildRuntime } from '../runtime.ts';
import { configurePath, configureScript, imageSettings, packageDirectory } from './configure.ts';
import {
  archiveFetch,
  basePackages,
  type BasePackage,
  type BasePackages,
  type BaseRequest,
} from './packages.ts';
import { unpackedPackages } from './unpack.ts';

export type { BaseRequest } from './packages.ts';

export interface BaseEffects {
  readonly env: NodeJS.ProcessEnv;
  readonly now: Date;
  /** Where this system's apt configuration is: `/` but for tests. */
  readonly root: string;
}

export interface BaseResult {
  readonly image: TaggedDescriptor;
  /** What the archive calls itself and the release, as a reference: `debian:bookworm`. */
  readonly name: string;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly architecture: string;
  }[];
  /** RFC 3339: the date of the archive's newest suite, which is the image's. */
  readonly created: string;
}

/**
 * A base image from a Debian archive: signatures verified, the required packages resolved over all suites, unpacked
 * and configured in the sandbox. Equal archives give equal images.
 * @throws NamespacesNeeded; HoldfastError APT_* , ARCHIVE_UNREACHABLE (5), BASE_CONFIGURE_FAILED (6)
 */
export async function baseImage(
  request: BaseRequest,
  platform: Platform,
  runtime: BuildRuntime,
  effects: BaseEffects,
): Promise<BaseResult> {
  if (!runtime.canRunSteps) throw new NamespacesNeeded();
  await refuseUnrunnable(platform, runtime.cache.root);
  const { fetch: fetchNow, close } = await archiveFetch(effects.env);
  const fetch: Fetch = url => {
    runtime.signal.throwIfAborted();
    return fetchNow(url);
  };
  try {
    runtime.note(`reading the archive's indexes for ${request.suite}`);
    const base = await basePackages(request, fetch, { ...effects, note: runtime.note });
    const bytes = base.packages.reduce((total, { file }) => total + file.size, 0);
    runtime.note(`fetching ${base.packages.length} packages, ${Math.round(bytes / 1e6)} MB`);
    await fetchPackages(base.packages, fetch, runtime.store);
    return await makeImage(request, base, platform, runtime, effects.root);
  } finally {
    await close();
  }
}

async function fetchPackages(packages: readonly BasePackage[], fetch: Fetch, store: Store): Promise<void> {
  const waiting = [...packages];
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { url, digest, size } = next.file;
      if ((await store.size(digest)) === size) continue;
      const body = await fetch(url);
      if (body === undefined) throw missingPackage(url);
      await store.put(body, { digest, size });
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

async function makeImage(
  request: BaseRequest,
  base: BasePackages,
  platform: Platform,
  runtime: BuildRuntime,
  systemRoot: string,
): Promise<BaseResult> {
  const { cache, store } = runtime;
  const sourceDate = Math.floor(base.date.getTime() / 1000);
  const work = await cache.workDirectory();
  try {
    const first = await unpackFirst(base, runtime, work, systemRoot);
    runtime.note(`configuring ${base.packages.length} packages`);
    const upper = await configure(first, work, sourceDate, runtime);
    const layer = await merged([upper, first], work, sourceDate, runtime);
    const created = new Date(sourceDate * 1000).toISOString().replace('.000Z', 'Z');
    const image = await storeImage(layer, request, platform, created, store);
    const origin = base.suites[0]?.opened.release.origin ?? 'base';
    return {
      image,
      name: `${origin.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}:${request.suite}`,
      packages: base.packages.map(({ record: { name, version, architecture } }) => ({
        name,
        version,
        architecture,
      })),
      created,
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Writes all layers as one. */
async function merged(
  lowers: readonly string[],
  work: string,
  sourceDate: number,
  { sandbox, store }: BuildRuntime,
): Promise<StoredLayer> {
  const layers: StoredLayer[] = [];
  // Writing a layer normalises the files that it is made of.
  await sandbox.changed(lowers, work, async root => {
    const written = await writeLayer({ upper: root, sourceDate, rules });
    layers.push({ diffId: written.diffId, ...(await store.put(written.blob(root))) });
  });
  const [layer] = layers;
  if (layer === undefined) throw new TypeError('a change that ended well has written its layer');
  return layer;
}

interface StoredLayer {
  readonly diffId: Digest;
  readonly digest: Digest;
  readonly size: number;
}

async function unpackFirst(
  base: BasePackages,
  { store, signal, sandbox: { userxattr } }: BuildRuntime,
  work: string,
  systemRoot: string,
): Promise<string> {
  const directory = join(work, 'first');
  await mkdir(directory, { mode: 0o755 });
  const { packages } = base;
  async function* archives() {
    for (const { record, file } of packages) {
      signal.throwIfAborted();
      yield { name: record.name, bytes: await store.readBytes(file.digest) };
    }
  }
  await extractLayer({ source: unpackedPackages(archives()), directory, userxattr });
  const names = packages.map(({ file }) => basename(file.path));
  const place = join(directory, packageDirectory);
  await mkdir(place, { recursive: true });
  for (const [n, { file }] of packages.entries())
    await copyFile(store.pathOf(file.digest), join(place, names[n] ?? ''));
  await writeFile(join(place, 'order'), names.map(name => `${name}\n`).join(''));
  for (const { path, mode, content } of imageSettings) await writeNew(directory, path, content, mode);
  await writeSources(directory, base.suites, systemRoot);
  return directory;
}

async function writeNew(root: string, path: string, content: string | Buffer, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true, mode: 0o755 });
  await writeFile(join(root, path), content);
  await chmod(join(root, path), mode);
}

/** The sources that the base was made from, for the packages that are added to it later. */
async function writeSources(
  root: string,
  suites: readonly DistributionSuite[],
  systemRoot: string,
): Promise<void> {
  const stanzas: string[] = [];
  for (const uri of new Set(suites.map(suite => suite.uri))) {
    const same = suites.filter(suite => suite.uri === uri);
    const components = [...new Set(same.flatMap(suite => suite.components))];
    const signed = await signedBy(
      root,
      same.flatMap(suite => suite.signedBy),
      systemRoot,
    );
    stanzas.push(
      `Types: deb\nURIs: ${uri}\nSuites: ${same.map(({ suite }) => suite).join(' ')}\nComponents: ${components.join(' ')}\n${signed}`,
    );
  }
  await writeNew(root, '/etc/apt/sources.list.d/base.sources', stanzas.join('\n'));
}

/** A keyring that the new system has itself is named; any other is put into it. */
async function signedBy(
  root: string,
  sources: readonly DistributionSuite['signedBy'][number][],
  systemRoot: string,
): Promise<string> {
  const [source] = sources;
  if (source === undefined) return '';
  switch (source.kind) {
    case 'file': {
      if (!(await stat(join(root, source.path)).catch(() => undefined))) {
        await writeNew(root, source.path, await readFile(join(systemRoot, source.path)));
      }
      return `Signed-By: ${source.path}\n`;
    }
    case 'embedded':
      return `Signed-By:\n${source.armored
        .trim()
        .split('\n')
        .map(line => ` ${line.trim() === '' ? '.' : line}\n`)
        .join('')}`;
    case 'fingerprint':
      return `Signed-By: ${source.fingerprint}\n`;
  }
}

async function configure(
  first: string,
  work: string,
  sourceDate: number,
  runtime: BuildRuntime,
): Promise<string> {
  const directory = join(work, 'step');
  await mkdir(directory, { mode: 0o755 });
  let tail = '';
  const onOutput = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-8192);
  };
  const { exitCode, upper } = await runtime.sandbox.runStep({
    lowers: [first],
    directory,
    argv: ['/bin/sh', configurePath],
    env: { HOME: '/root', SOURCE_DATE_EPOCH: String(sourceDate) },
    cwd: '/',
    user: { uid: 0, gid: 0, groups: [0], home: '/root' },
    network: 'none',
    files: [{ path: configurePath, content: configureScript, mode: 0o755 }],
    onStdout: onOutput,
    onStderr: onOutput,
    signal: runtime.signal,
  });
  if (exitCode === 0) return upper;
  throw stepError('BASE_CONFIGURE_FAILED', `dpkg could not configure the packages (exit code ${exitCode})`, {
    next: 'Look at its last lines; an archive in the middle of an update can be at fault, so try again later.',
    details: tail
      .split('\n')
      .filter(line => line !== '')
      .slice(-20),
  });
}

async function storeImage(
  layer: StoredLayer,
  { suite }: BaseRequest,
  platform: Platform,
  created: string,
  store: Store,
): Promise<TaggedDescriptor> {
  const config: ImageConfig = {
    created,
    ...platform,
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['bash'] },
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created, created_by: `holdfast base ${suite}` }],
  };
  const blob = await store.put(formatImageConfig(config));
  const { digest, size } = layer;
  const manifest = formatManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, ...blob },
    layers: [{ mediaType: mediaTypes.ociLayerGzip, digest, size }],
  });
  return { mediaType: mediaTypes.ociManifest, ...(await store.put(manifest)), platform };
}

function missingPackage(url: string) {
  return stepError('ARCHIVE_INCONSISTENT', `the archive's index names ${url}, which is not there`, {
    next: 'The archive is being updated: try again in some minutes, or name another one with --mirror.',
  });
}
