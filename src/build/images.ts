import {
  errorAt,
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
import {
  familiarReference,
  parseReference,
  pullImage,
  openSource,
  type Descriptor,
  withDefaultTag,
  type ImageSource,
  type PulledImage,
  type Reference,
  type RegistryClient,
} from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import type { Layer } from './cache.ts';
import type { Ledger } from './ledger.ts';

/** An image that a stage starts from: all of it is in the store. */
export interface BaseImage {
  readonly input: ImageInput;
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
}

export interface ImageSources {
  readonly store: Store;
  readonly registry: () => Promise<RegistryClient>;
  readonly note: (text: string) => void;
}

/**
 * The image behind a reference: the locked one; else one of that name in the store; else what the registry has now.
 * @throws HoldfastError LOCK_MISSING_IMAGE (exit 3), IMAGE_DIFF_IDS (exit 4), and what the registry's client throws
 */
export async function resolveBaseImage(
  text: string,
  platform: Platform,
  ledger: Ledger,
  sources: ImageSources,
  where: SourcePlace,
): Promise<BaseImage> {
  const reference = referenceAt(text, where);
  const name = familiarReference(reference);
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
    const index = ledger.indexOf(name);
    const pulled = locked
      ? await fetchLocked(reference, locked, platform, sources)
      : index
        ? await fetchByDigest(reference, index, platform, sources)
        : await findImage(reference, platform, sources);
    const image = await readBaseImage(name, platform, pulled, sources.store, where);
    ledger.tookImage(image.input);
    return image;
  } catch (error) {
    throw placed(error, name, where);
  }
}

function referenceAt(text: string, where: SourcePlace): Reference {
  try {
    return withDefaultTag(parseReference(text));
  } catch (error) {
    throw errorAt(error, where);
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

async function fetchLocked(
  reference: Reference,
  locked: ImageInput,
  platform: Platform,
  sources: ImageSources,
) {
  const pulled = await fetchByDigest(reference, locked.manifest, platform, sources);
  return { ...pulled, ...(locked.index !== undefined && { index: { digest: locked.index } }) };
}

/** An image by the digest of its manifest or index: from the store, else from the registry that the name says. */
async function fetchByDigest(
  reference: Reference,
  digest: Digest,
  platform: Platform,
  sources: ImageSources,
): Promise<PulledImage> {
  const { store } = sources;
  try {
    const bytes = await store.readBytes(digest);
    const top = { mediaType: parseManifest(bytes).mediaType, digest, size: bytes.length };
    return await pullImage(storeSource(store, top, familiarReference(reference)), platform, store);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_BLOB_MISSING') throw error;
  }
  const byDigest: Reference = { domain: reference.domain, path: reference.path, digest };
  const source = openSource({ kind: 'docker', reference: byDigest }, await sources.registry());
  return pullImage(source, platform, store);
}

async function findImage(
  reference: Reference,
  platform: Platform,
  sources: ImageSources,
): Promise<PulledImage> {
  const { store } = sources;
  const name = familiarReference(reference);
  const tagged = reference.digest ? await heldDigest(reference, store) : await store.tagged(name);
  let source: ImageSource;
  if (tagged) {
    source = storeSource(store, tagged, name);
    sources.note(`${name} is taken from the store (${tagged.digest})`);
  } else {
    source = openSource({ kind: 'docker', reference }, await sources.registry());
  }
  return pullImage(source, platform, store);
}

async function heldDigest({ digest }: Reference, store: Store) {
  return (await store.tags()).find(({ descriptor }) => descriptor.digest === digest)?.descriptor;
}

async function readBaseImage(
  reference: string,
  platform: Platform,
  pulled: Omit<PulledImage, 'index'> & {
    index?: Pick<NonNullable<PulledImage['index']>, 'digest'> | undefined;
  },
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
      ...(pulled.index && { index: pulled.index.digest }),
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

/** An image that the store holds, to read like one of a registry. */
function storeSource(store: Store, top: Descriptor, name: string): ImageSource {
  return {
    name,
    manifest: async (descriptor = top) => ({ descriptor, bytes: await store.readBytes(descriptor.digest) }),
    blob: ({ digest }) => store.read(digest),
  };
}
