import { rm } from 'node:fs/promises';
import { parseManifest, type ImageConfig } from '../image/index.ts';
import type { TaggedDescriptor } from '../store/index.ts';
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
