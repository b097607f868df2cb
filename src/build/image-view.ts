import { rm } from 'node:fs/promises';
import { staleError, type Digest } from '../core/index.ts';
import { mediaTypes, parseManifest, type ImageConfig } from '../image/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
import { imageConfig } from './image-layers.ts';
import { lowerDirectories } from './layers.ts';
import { NamespacesNeeded, type BuildRuntime } from './runtime.ts';

/** What a view is made of, for who runs something on it. */
export interface ViewParts {
  /** The layers' directories, the top one first. */
  readonly lowers: readonly string[];
  /** Room beside the view, gone with it. */
  readonly work: string;
}

/** Runs `use` on a read-only view of an image of one platform. @throws NamespacesNeeded */
export async function withImage<Result>(
  image: TaggedDescriptor,
  config: ImageConfig,
  runtime: BuildRuntime,
  use: (view: string, parts: ViewParts) => Promise<Result>,
): Promise<Result> {
  if (!runtime.canRunSteps) throw new NamespacesNeeded();
  const document = parseManifest(await runtime.store.readBytes(image.digest), image.mediaType);
  if (document.kind !== 'manifest') throw new Error('an image of one platform has a manifest');
  const layers = document.manifest.layers.flatMap(({ mediaType, digest, size }, n) => {
    const diffId = config.rootfs.diff_ids[n];
    return diffId === undefined ? [] : [{ diffId, mediaType, blob: Promise.resolve({ digest, size }) }];
  });
  const work = await runtime.cache.workDirectory();
  try {
    const lowers = await lowerDirectories(layers, runtime);
    return await runtime.sandbox.withView(lowers, work, view => use(view, { lowers, work }));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Runs `use` on a read-only view of an image that a lock names.
 * @throws NamespacesNeeded, and HoldfastError IMAGE_NOT_HERE (exit 3)
 */
export async function withLockedImage<Result>(
  digest: Digest,
  runtime: BuildRuntime,
  use: (view: string) => Promise<Result>,
): Promise<Result> {
  await runtime.places.bringImage(digest);
  const size = await runtime.store.size(digest);
  if (size === undefined)
    throw staleError('IMAGE_NOT_HERE', `the store has not the image that the lock builds, ${digest}`, {
      next: 'Build it first: `holdfast build`.',
    });
  const config = await imageConfig(digest, runtime.store);
  return withImage({ mediaType: mediaTypes.ociManifest, digest, size }, config, runtime, use);
}
