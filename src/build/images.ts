import {
  formatPlatform,
  HoldfastError,
  integrityError,
  staleError,
  usageError,
  type Digest,
  type Platform,
  type SourcePlace,
} from '../core/index.ts';
import { ociMediaType, parseImageConfig, parseManifest, type ImageConfig } from '../image/index.ts';
import type { ImageInput } from '../lock/index.ts';
import { pullImage, type PulledImage } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import type { Layer } from './cache.ts';
import { storeSource, type ImageOrigin, type ImageSources } from './image-origins.ts';
import type { Ledger } from './ledger.ts';

/** An image that a stage starts from: all of it is in the store. */
export interface BaseImage {
  readonly input: ImageInput;
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
}

/**
 * The image of an origin: the locked one, else the one of its name now.
 * @throws HoldfastError LOCK_MISSING_IMAGE (exit 3), IMAGE_DIFF_IDS (exit 4), and what the origin throws
 */
export async function resolveBaseImage(
  origin: ImageOrigin,
  platform: Platform,
  ledger: Ledger,
  { store, places }: ImageSources,
  where: SourcePlace,
): Promise<BaseImage> {
  const { name } = origin;
  const locked = ledger.image(name, formatPlatform(platform));
  if (locked === undefined && ledger.mode === 'replay') {
    throw staleError(
      'LOCK_MISSING_IMAGE',
      `holdfast.lock has no image ${name} for ${formatPlatform(platform)}`,
      {
        next: 'Run `holdfast lock` to add it.',
        where,
      },
    );
  }
  try {
    const digest = locked?.manifest ?? ledger.indexOf(name);
    if (digest) await places.bringImage(digest);
    const pulled = digest
      ? await fetchByDigest(origin, digest, platform, store)
      : await pullImage(await origin.current(), platform, store);
    const index = locked?.index ?? pulled.index?.digest;
    const image = await readBaseImage(name, platform, pulled, index, store, where);
    ledger.tookImage(image.input);
    return image;
  } catch (error) {
    throw placed(error, name, where);
  }
}

/** The error with the image that it is about, and where the Dockerfile asks for that; bugs stay as they are. */
export function placed(error: unknown, name: string, where: SourcePlace): unknown {
  if (!(error instanceof HoldfastError) || error.where !== undefined) return error;
  const message = error.message.includes(name) ? error.message : `${name}: ${error.message}`;
  return new HoldfastError(error.exit, error.code, message, {
    next: error.next,
    where,
    cause: error,
    details: error.details,
  });
}

/** An image by the digest of its manifest or index: from the store, else from where it came. */
async function fetchByDigest(
  origin: ImageOrigin,
  digest: Digest,
  platform: Platform,
  store: Store,
): Promise<PulledImage> {
  try {
    const bytes = await store.readBytes(digest);
    const top = { mediaType: parseManifest(bytes).mediaType, digest, size: bytes.length };
    return await pullImage(storeSource(store, top, origin.name), platform, store);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_BLOB_MISSING') throw error;
  }
  return pullImage(await origin.byDigest(digest), platform, store);
}

async function readBaseImage(
  reference: string,
  platform: Platform,
  pulled: PulledImage,
  index: Digest | undefined,
  store: Store,
  where: SourcePlace,
): Promise<BaseImage> {
  const { manifest, layers } = pulled;
  const config = parseImageConfig(await store.readBytes(pulled.config.digest));
  if (config.os !== platform.os || config.architecture !== platform.architecture) {
    throw usageError(
      'IMAGE_PLATFORM',
      `${reference} is an image for ${config.os}/${config.architecture}, not ${formatPlatform(platform)}`,
      {
        next: 'Name an image that is built for the platform, or the platform of the image with --platform.',
        where,
      },
    );
  }
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== layers.length) {
    throw integrityError(
      'IMAGE_DIFF_IDS',
      `${reference} has ${layers.length} layers and ${diffIds.length} diff IDs`,
      {
        next: 'The image is damaged where it was published; use another one.',
      },
    );
  }
  return {
    input: {
      reference,
      platform: formatPlatform(platform),
      ...(index !== undefined && { index }),
      manifest: manifest.digest,
      mediaType: manifest.mediaType,
      size: manifest.size,
      config: pulled.config.digest,
      diffIds,
    },
    config,
    layers: layers.map(({ digest, size, mediaType }, n) => ({
      diffId: diffIds[n] as Layer['diffId'],
      blob: Promise.resolve({ digest, size }),
      mediaType: ociMediaType(mediaType),
      origin: { image: reference, where },
    })),
  };
}
