import {
  counted,
  type Digest,
  exitCodes,
  formatPlatform,
  HoldfastError,
  integrityError,
  type Platform,
  type SourcePlace,
  staleError,
  usageError,
} from '../core/index.ts';
import { ociMediaType, parseImageConfig, parseManifest, type ImageConfig } from '../image/index.ts';
import type { ImageInput } from '../lock/index.ts';
import { pullImage, type ImageSource, type PulledImage } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import type { Layer } from './cache.ts';
import { namedImage, storeSource, type ImageOrigin, type ImageSources } from './image-origins.ts';
import type { Ledger } from './ledger.ts';
import { isKnown, pullSameImage, sameImageInStore, type KnownImage, type SameLayer } from './same-image.ts';

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
  sources: ImageSources,
  where: SourcePlace,
): Promise<BaseImage> {
  const { store, places } = sources;
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
    const found = digest
      ? await fetchByDigest(origin, digest, locked, platform, sources)
      : await pullFirst(await origin.current(), platform, sources);
    if ('same' in found) {
      ledger.tookImage(found.input);
      const others = found.same.filter(({ original }) => original !== undefined).length;
      if (others > 0)
        sources.note(
          `${name}: ${others} of ${found.same.length} layers are compressed in another way than they were published; configuration and diff IDs are the locked ones`,
        );
      return sameBaseImage(found, store, where);
    }
    const index = locked?.index ?? found.index?.digest;
    const image = await readBaseImage(name, platform, found, index, store, where);
    ledger.tookImage(image.input);
    return image;
  } catch (error) {
    throw placed(error, name, where);
  }
}

/**
 * Puts an image that a name stood for when it was looked up into the store.
 * @returns its manifest: of an index that of the platform
 * @throws HoldfastError what the origin throws
 */
export async function bringImage(
  reference: string,
  digest: Digest,
  platform: Platform,
  sources: ImageSources,
): Promise<Digest> {
  const origin = namedImage(reference, sources, { file: 'holdfast.lock', line: 1 });
  await sources.places.bringImage(digest);
  const found = await fetchByDigest(origin, digest, undefined, platform, sources);
  if ('same' in found) throw new TypeError('an image that is not locked is had by its digest alone');
  return found.manifest.digest;
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

/** A locked image that is at hand in another form than that which its digest names. */
interface FoundSame {
  readonly input: KnownImage;
  readonly same: readonly SameLayer[];
}

/**
 * An image by the digest of its manifest or index: from the store, else from where it came or a mirror. Where nobody
 * has these very bytes any more, the same image as it is elsewhere.
 */
async function fetchByDigest(
  origin: ImageOrigin,
  digest: Digest,
  locked: ImageInput | undefined,
  platform: Platform,
  sources: ImageSources,
): Promise<PulledImage | FoundSame> {
  const { store } = sources;
  try {
    const bytes = await store.readBytes(digest);
    const top = { mediaType: parseManifest(bytes).mediaType, digest, size: bytes.length };
    return await pullImage(storeSource(store, top, origin.name), platform, store);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_BLOB_MISSING') throw error;
  }
  const input = isKnown(locked) ? locked : undefined;
  const held = input && (await sameImageInStore(input, store));
  if (input && held) return { input, same: held };
  try {
    return await pullFirst(await origin.byDigest(digest), platform, sources);
  } catch (error) {
    const found =
      input && error instanceof HoldfastError && (await sameElsewhere(origin, input, platform, sources));
    if (!found) throw error;
    return found;
  }
}

/** The image of the first source that has it; what the others lack is told of. @throws what the last source throws */
async function pullFirst(
  candidates: readonly ImageSource[],
  platform: Platform,
  { store, places }: ImageSources,
): Promise<PulledImage> {
  for (const [n, source] of candidates.entries()) {
    try {
      return await pullImage(source, platform, store);
    } catch (error) {
      const isLast = n === candidates.length - 1;
      if (!(error instanceof HoldfastError) || error.exit === exitCodes.usage || isLast) throw error;
      places.tell(`${source.name} does not serve: ${error.message}`);
    }
  }
  throw new TypeError('an image has at least one place where it may be');
}

async function sameElsewhere(
  origin: ImageOrigin,
  input: KnownImage,
  platform: Platform,
  { store, places }: ImageSources,
): Promise<FoundSame | undefined> {
  for (const source of await origin.copies()) {
    try {
      const same = await pullSameImage(source, input, platform, store);
      if (same === undefined) places.tell(`${source.name} is another image than the locked ${origin.name}`);
      else {
        places.tell(`${origin.name} is taken from ${source.name}, by its configuration and diff IDs`);
        return { input, same };
      }
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      places.tell(`${source.name} does not serve: ${error.message}`);
    }
  }
  return undefined;
}

async function sameBaseImage(
  { input, same }: FoundSame,
  store: Store,
  where: SourcePlace,
): Promise<BaseImage> {
  return {
    input,
    config: parseImageConfig(await store.readBytes(input.config)),
    layers: same.map(({ diffId, digest, size, mediaType, original }) => ({
      diffId,
      blob: Promise.resolve({ digest, size }),
      mediaType: ociMediaType(mediaType),
      ...(original && { original: { ...original, mediaType: ociMediaType(original.mediaType) } }),
      origin: { image: input.reference, where },
    })),
  };
}

export async function readBaseImage(
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
      `${reference} has ${counted(layers.length, 'layer')} and ${counted(diffIds.length, 'diff ID')}`,
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
      layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
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
