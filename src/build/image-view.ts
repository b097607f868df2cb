import { rm } from 'node:fs/promises';
import { parseManifest, type ImageConfig } from '../image/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
import { lowerDirectories } from './layers.ts';
import { NamespacesNeeded, type BuildRuntime } from './runtime.ts';

/** Runs `use` on a read-only view of an image of one platform. @throws NamespacesNeeded */
export async function withImage<Result>(
  image: TaggedDescriptor,
  config: ImageConfig,
  runtime: BuildRuntime,
  use: (view: string) => Promise<Result>,
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
    return await runtime.sandbox.withView(await lowerDirectories(layers, runtime), work, use);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
