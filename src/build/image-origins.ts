import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, errorAt, hexOf, usageError, type Digest, type SourcePlace } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import {
  familiarReference,
  openSource,
  parseReference,
  withDefaultTag,
  type Descriptor,
  type ImageSource,
  type Reference,
  type RegistryClient,
} from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import type { Places } from './places.ts';

export interface ImageSources {
  readonly store: Store;
  readonly places: Places;
  readonly registry: () => Promise<RegistryClient>;
  readonly note: (text: string) => void;
  readonly pull: boolean;
}

/** Where an image comes from. */
export interface ImageOrigin {
  /** As the lock names the image. */
  readonly name: string;
  /** Where what goes by the name now may be had, the first that has it counts. */
  current(): Promise<readonly ImageSource[]>;
  /** Where the image, or the index, that has this digest may be had, if the store has it not. */
  byDigest(digest: Digest): Promise<readonly ImageSource[]>;
  /** Where the same image may go by the name, under whatever digest. */
  copies(): Promise<readonly ImageSource[]>;
}

/**
 * An image by its reference: one of that name in the store, else what the registry has.
 * @throws HoldfastError REFERENCE_INVALID (exit 2)
 */
export function namedImage(text: string, sources: ImageSources, where: SourcePlace): ImageOrigin {
  const reference = referenceAt(text, where);
  const name = familiarReference(reference);
  const { store, places } = sources;
  const fromRegistries = async (wanted: Reference) => {
    const client = await sources.registry();
    return places.placesOf(wanted).map(one => openSource({ kind: 'docker', reference: one }, client));
  };
  const { domain, path, tag } = reference;
  return {
    name,
    async current() {
      const held = reference.digest ? await heldDigest(reference, store) : await store.tagged(name);
      if (!held || (sources.pull && !reference.digest)) return fromRegistries(reference);
      sources.note(`${name} is taken from the store (${held.digest})`);
      return [storeSource(store, held, name)];
    },
    byDigest: digest => fromRegistries({ domain, path, digest }),
    copies: async () => (tag === undefined ? [] : fromRegistries({ domain, path, tag })),
  };
}

function referenceAt(text: string, where: SourcePlace): Reference {
  try {
    return withDefaultTag(parseReference(text));
  } catch (error) {
    throw errorAt(error, where);
  }
}

async function heldDigest({ digest }: Reference, store: Store) {
  return (await store.tags()).find(({ descriptor }) => descriptor.digest === digest)?.descriptor;
}

/** An image of a layout on this machine, which the lock knows by the name of its context: paths are not the same everywhere. */
export function layoutImage(
  context: string,
  { directory, tag, digest }: { directory: string; tag?: string | undefined; digest?: Digest | undefined },
  sources: ImageSources,
): ImageOrigin {
  const open = async (of: string | undefined) =>
    openSource({ kind: 'oci', directory, ...(of !== undefined && { tag: of }) }, await sources.registry());
  const byDigest = async (wanted: Digest): Promise<ImageSource> => {
    const source = await open(undefined);
    const top = await layoutManifest(directory, wanted);
    return { ...source, manifest: entry => source.manifest(entry ?? top) };
  };
  return {
    name: `oci-layout://${context}`,
    current: async () => [await (digest === undefined ? open(tag) : byDigest(digest))],
    byDigest: async wanted => [await byDigest(wanted)],
    copies: async () => (digest === undefined ? [await open(tag)] : []),
  };
}

/** @throws HoldfastError CONTEXT_MISSING (exit 2) */
async function layoutManifest(directory: string, digest: Digest): Promise<Descriptor> {
  const bytes = await readFile(join(directory, 'blobs', 'sha256', hexOf(digest))).catch((error: unknown) => {
    throw usageError('CONTEXT_MISSING', `${directory} has no ${digest} (${errnoOf(error) ?? 'unreadable'})`, {
      next: 'Name an OCI image layout, and an image that is in it.',
      cause: error,
    });
  });
  return { mediaType: parseManifest(bytes).mediaType, digest, size: bytes.length };
}

/** An image that the store holds, to read like one of a registry. */
export function storeSource(store: Store, top: Descriptor, name: string): ImageSource {
  return {
    name,
    manifest: async (descriptor = top) => ({ descriptor, bytes: await store.readBytes(descriptor.digest) }),
    blob: ({ digest }) => store.read(digest),
  };
}
