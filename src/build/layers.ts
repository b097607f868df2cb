import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { integrityError, shortDigest, type Digest } from '../core/index.ts';
import { extractLayer } from '../image/index.ts';
import type { Layer, PlannedFilesLayer } from './cache.ts';
import { placed } from './images.ts';
import type { Store } from '../store/index.ts';
import type { BuildRuntime } from './runtime.ts';

/** Unpackings under way in this process, so that stages with the same base unpack it once. */
const unpacking = new Map<string, Promise<string>>();

/** The directory of a layer in overlayfs's form, unpacked from the store and checked against its diff ID if need be. */
export async function layerDirectory(layer: Layer, runtime: BuildRuntime): Promise<string> {
  const held = await runtime.cache.layerDirectory(layer.diffId);
  if (held !== undefined) return held;
  const running = unpacking.get(layer.diffId) ?? unpack(layer, runtime);
  unpacking.set(layer.diffId, running);
  try {
    return await running;
  } finally {
    unpacking.delete(layer.diffId);
  }
}

/** @throws HoldfastError IMAGE_LAYER_MISMATCH (exit 4), and what reading the store and unpacking throw */
async function unpack({ diffId, blob, origin, planned }: Layer, runtime: BuildRuntime): Promise<string> {
  const { cache, store, note, sandbox } = runtime;
  // Nobody has to wait until what is at hand is compressed.
  if (planned !== undefined) return unpackPlanned(diffId, planned, runtime);
  const { digest } = await blob;
  const work = await cache.workDirectory();
  try {
    const directory = join(work, 'layer');
    await mkdir(directory, { mode: 0o755 });
    const { userxattr } = sandbox;
    const result = await extractLayer({ source: store.read(digest), directory, userxattr });
    if (result.diffId !== diffId) {
      throw integrityError(
        'IMAGE_LAYER_MISMATCH',
        `layer ${shortDigest(digest)} unpacks to ${result.diffId}, not ${diffId}`,
        {
          next: 'The image is damaged where it was published; use another one.',
        },
      );
    }
    for (const text of leftOutTexts(result.skipped)) note(`layer ${shortDigest(digest)}: left out ${text}`);
    return await cache.adoptLayer(diffId, directory);
  } catch (error) {
    const cause = (await damageOf(digest, store)) ?? error;
    throw origin ? placed(cause, origin.image, origin.where) : cause;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** How many of the things that a layer could not be given are told one by one: an image may have millions of them. */
const toldOneByOne = 5;

export function leftOutTexts(
  skipped: readonly { readonly path: string; readonly reason: string }[],
): string[] {
  const told = skipped.slice(0, toldOneByOne).map(({ path, reason }) => `${path}: ${reason}`);
  const more = skipped.length - told.length;
  return more > 0 ? [...told, `${more} more`] : told;
}

async function unpackPlanned(
  diffId: Digest,
  planned: PlannedFilesLayer,
  { cache, sandbox: { userxattr } }: BuildRuntime,
): Promise<string> {
  const work = await cache.workDirectory();
  try {
    const directory = join(work, 'layer');
    await mkdir(directory, { mode: 0o755 });
    await extractLayer({ source: planned.archive(), directory, userxattr });
    return await cache.adoptLayer(diffId, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What is wrong with the stored blob itself: a bit that turned shows first as an archive that cannot be read. */
async function damageOf(digest: Digest, store: Store): Promise<unknown> {
  try {
    await finished(store.read(digest).resume());
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The layers' directories, the top one first, as overlayfs takes them. */
export async function lowerDirectories(layers: readonly Layer[], runtime: BuildRuntime): Promise<string[]> {
  const directories = await Promise.all(layers.map(layer => layerDirectory(layer, runtime)));
  return directories.toReversed();
}
