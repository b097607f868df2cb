import { HoldfastError, integrityError, upstreamError, type Platform } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { isImageConfigType, readManifest, type Descriptor, type RawManifest } from './manifest.ts';
import { pickPlatform } from './platforms.ts';
import { inParallel, parallelBlobs, reported, type OnTransfer } from './transfer.ts';
import type { ImageSource } from './transports/transport.ts';

/** An image that the store now has whole. */
export interface PulledImage {
  /** The index that led to the manifest, where there was one; its bytes are stored too. */
  readonly index?: Descriptor | undefined;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  /** From the lowest up, as they are compressed. */
  readonly layers: readonly Descriptor[];
}

const deepest = 4;

/**
 * Brings an image into the store, every byte verified: of an index the one image for `platform`.
 * @throws HoldfastError REGISTRY_NO_PLATFORM, REGISTRY_NOT_AN_IMAGE, REGISTRY_NOT_A_MANIFEST (exit 5),
 *   REGISTRY_DIGEST_MISMATCH (exit 4), and what the source throws
 */
export async function pullImage(
  source: ImageSource,
  platform: Platform,
  store: Store,
  onTransfer?: OnTransfer,
): Promise<PulledImage> {
  const top = await source.manifest();
  let current = top;
  let manifest = readManifest(current.bytes, current.descriptor.mediaType, source.name);
  for (let depth = 0; manifest.kind === 'index'; depth++) {
    if (depth === deepest) throw notAnImage(source, 'it is an index of indexes without an end');
    const entry = pickPlatform(manifest.manifests, platform, source.name);
    current = await source.manifest(entry);
    manifest = readManifest(current.bytes, current.descriptor.mediaType, source.name);
  }
  const { config, layers } = manifest;
  if (!isImageConfigType(config.mediaType))
    throw notAnImage(source, `its configuration is of type ${config.mediaType.slice(0, 100)}`);
  await pullBlobs(source, [config, ...layers], store, onTransfer);
  // Manifests last: whoever finds one in the store finds what it names.
  await putManifest(current, store);
  if (current !== top) await putManifest(top, store);
  const index = current === top ? {} : { index: top.descriptor };
  return { ...index, manifest: current.descriptor, config, layers };
}

async function pullBlobs(
  source: ImageSource,
  blobs: readonly Descriptor[],
  store: Store,
  onTransfer: OnTransfer | undefined,
): Promise<void> {
  const unique = [...new Map(blobs.map(blob => [blob.digest, blob])).values()];
  await inParallel(unique, parallelBlobs, async blob => {
    if ((await store.size(blob.digest)) === blob.size) return;
    try {
      await store.put(reported(source.blob(blob), blob, onTransfer), blob);
    } catch (error) {
      const altered = error instanceof HoldfastError && error.code === 'STORE_DIGEST_MISMATCH';
      throw altered ? alteredBlob(source, blob, error) : error;
    }
  });
}

async function putManifest({ descriptor, bytes }: RawManifest, store: Store): Promise<void> {
  await store.put(bytes, descriptor);
}

function alteredBlob(source: ImageSource, { digest }: Descriptor, cause: HoldfastError) {
  return integrityError('REGISTRY_DIGEST_MISMATCH', `${source.name}: blob ${digest}: ${cause.message}`, {
    next: 'The source, or something on the way to it, alters what it serves; nothing of it was stored. Use another source.',
    cause,
  });
}

function notAnImage({ name }: ImageSource, why: string) {
  return upstreamError('REGISTRY_NOT_AN_IMAGE', `${name} is not a container image: ${why}`, {
    next: 'Name an image; charts, signatures and other artifacts cannot be built upon.',
  });
}
