import { formatPlatform, usageError, type Platform, type SourcePlace } from '../core/index.ts';
import { mediaTypes, parseManifest } from '../image/index.ts';
import { pullImage } from '../registry/index.ts';
import type { BuildOutcome } from './execute.ts';
import { contextDigest } from './files/index.ts';
import { namedImage, storeSource } from './image-origins.ts';
import { imageManifest } from './image-manifest.ts';
import { readBaseImage, resolveBaseImage, type BaseImage } from './images.ts';
import { serviceKey, type BuildInput, type BuildRuntime } from './runtime.ts';
import { placeOf } from './steps.ts';

/**
 * The image of a service that was built before, for one that has it as a context. It comes from nowhere outside, so
 * that it is no input of the lock.
 * @throws HoldfastError CONTEXT_SERVICE (exit 2)
 */
export async function serviceImage(
  service: string,
  context: string,
  platform: Platform,
  { serviceImages, store }: BuildRuntime,
  where: SourcePlace,
): Promise<BaseImage> {
  const digest = serviceImages.get(serviceKey(service, platform));
  if (digest === undefined) {
    throw usageError(
      'CONTEXT_SERVICE',
      `the context ${context} is the service ${service}, which is not built for ${formatPlatform(platform)}`,
      { next: 'Name a service of the same compose project, and build it for the same platforms.', where },
    );
  }
  const bytes = await store.readBytes(digest);
  const top = { mediaType: parseManifest(bytes).mediaType, digest, size: bytes.length };
  const pulled = await pullImage(storeSource(store, top, service), platform, store);
  return readBaseImage(`service:${service}`, platform, pulled, undefined, store, where);
}

/** The outcome for a service that is not built: the image that it names, as it was published. */
export async function takenImage(
  { project, ledger }: BuildInput,
  runtime: BuildRuntime,
): Promise<BuildOutcome> {
  const [stage] = project.dockerfile.stages;
  if (stage === undefined) throw new TypeError('a Dockerfile has a stage');
  const { platform } = project.request;
  const where = placeOf({ range: stage.base.range }, project.dockerfileName);
  const origin = namedImage(stage.base.text, runtime, where);
  const { input, config, layers } = await resolveBaseImage(origin, platform, ledger, runtime, where);
  const facts = {
    config,
    configDigest: input.config,
    recording: ledger.recording(),
    context: contextDigest(new Map()),
  };
  const { manifest: digest, mediaType, size } = input;
  if (await runtime.store.has(digest)) return { ...facts, image: { mediaType, digest, size, platform } };
  // It is at hand in another form than that in which it was published.
  const blobs = await Promise.all(
    layers.map(async layer => ({ mediaType: layer.mediaType, ...(await layer.blob) })),
  );
  const configSize = (await runtime.store.size(input.config)) ?? 0;
  const other = await runtime.store.put(imageManifest({ digest: input.config, size: configSize }, blobs));
  const image = { mediaType: mediaTypes.ociManifest, ...other, platform };
  return { ...facts, image, standsFor: digest };
}
