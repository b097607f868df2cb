import {
  HoldfastError,
  integrityError,
  Digester,
  shortDigest,
  type Digest,
  type Platform,
} from '../core/index.ts';
import { decompress, gzip, mediaTypes, ociMediaType, parseManifest } from '../image/index.ts';
import type { ImageInput } from '../lock/index.ts';
import { pickPlatform, type Descriptor, type ImageSource } from '../registry/index.ts';
import { noteLayer, notedLayer, type LayerBlob, type Store } from '../store/index.ts';

/** A layer of a locked image: the blob that is at hand for it. */
export interface SameLayer extends LayerBlob {
  readonly diffId: Digest;
  /** As it was published, where it is at hand in another form only. */
  readonly original?: LayerBlob | undefined;
}

/** A locked image of which the recording says how its layers were published. */
export type KnownImage = ImageInput & { readonly layers: readonly LayerBlob[] };

export function isKnown(image: ImageInput | undefined): image is KnownImage {
  return image?.layers !== undefined && image.layers.length === image.diffIds.length;
}

/** The layers of a locked image, as far as the store has them all; whether it has the manifest does not matter. */
export async function sameImageInStore(
  { config, layers, diffIds }: KnownImage,
  store: Store,
): Promise<SameLayer[] | undefined> {
  if (!(await store.has(config))) return undefined;
  const found: SameLayer[] = [];
  for (const [n, diffId] of diffIds.entries()) {
    const layer = await layerInStore(diffId, layers[n] as LayerBlob, store);
    if (layer === undefined) return undefined;
    found.push(layer);
  }
  return found;
}

async function layerInStore(
  diffId: Digest,
  original: LayerBlob,
  store: Store,
): Promise<SameLayer | undefined> {
  if ((await store.size(original.digest)) === original.size) return { diffId, ...original };
  const same = await notedLayer(store, diffId);
  return same && { diffId, ...same, original };
}

/**
 * The layers of a locked image from where it may be compressed in another way, or be called another manifest: it is
 * the same if it has the locked configuration, and every layer unpacks to bytes of the locked diff ID. What can be
 * compressed as it was published is.
 * @returns nothing where the source has another image
 * @throws HoldfastError IMAGE_LAYER_MISMATCH (exit 4), and what the source throws
 */
export async function pullSameImage(
  source: ImageSource,
  locked: KnownImage,
  platform: Platform,
  store: Store,
): Promise<SameLayer[] | undefined> {
  const manifest = await manifestFor(source, platform);
  if (manifest?.config.digest !== locked.config || manifest.layers.length !== locked.layers.length)
    return undefined;
  if (!(await store.has(locked.config))) await store.put(source.blob(manifest.config), manifest.config);
  const found: SameLayer[] = [];
  for (const [n, diffId] of locked.diffIds.entries()) {
    const original = locked.layers[n] as LayerBlob;
    const held = await layerInStore(diffId, original, store);
    found.push(held ?? (await pullLayer(source, manifest.layers[n] as Descriptor, diffId, original, store)));
  }
  return found;
}

async function manifestFor(source: ImageSource, platform: Platform) {
  let { bytes, descriptor } = await source.manifest();
  for (let depth = 0; depth < 4; depth++) {
    const document = parseManifest(bytes, descriptor.mediaType);
    if (document.kind === 'manifest') return document.manifest;
    const entries = document.index.manifests.map(({ mediaType, digest, size, platform: of }) => ({
      mediaType,
      digest,
      size,
      ...(of && { platform: { os: of.os, architecture: of.architecture, variant: of.variant } }),
    }));
    ({ bytes, descriptor } = await source.manifest(pickPlatform(entries, platform, source.name)));
  }
  return undefined;
}

async function pullLayer(
  source: ImageSource,
  { mediaType, digest, size }: Descriptor,
  diffId: Digest,
  original: LayerBlob,
  store: Store,
): Promise<SameLayer> {
  const held = await store.has(digest);
  await store.put(source.blob({ mediaType, digest, size }), { digest, size });
  if (digest === original.digest) return { diffId, ...original };
  const plain = new Digester();
  for await (const chunk of decompress(store.read(digest))) plain.update(chunk);
  const unpacked = plain.digest();
  if (unpacked !== diffId) {
    if (!held) await store.removeUnused(digest, Infinity);
    throw integrityError(
      'IMAGE_LAYER_MISMATCH',
      `${source.name}: layer ${shortDigest(digest)} unpacks to ${unpacked}, not ${diffId}`,
      {
        next: 'The mirror alters what it serves; nothing was built from it. Take it out of the configuration.',
      },
    );
  }
  if (await restored(digest, original, store)) return { diffId, ...original };
  const blob = { mediaType: ociMediaType(mediaType), digest, size };
  await noteLayer(store, diffId, blob);
  return { diffId, ...blob, original };
}

/** Whether the layer was published plain, or compressed by this program's recipe, and could be made so again. */
async function restored(digest: Digest, original: LayerBlob, store: Store): Promise<boolean> {
  const plain = () => decompress(store.read(digest));
  const type = ociMediaType(original.mediaType);
  if (type !== mediaTypes.ociLayer && type !== mediaTypes.ociLayerGzip) return false;
  try {
    await store.put(type === mediaTypes.ociLayer ? plain() : gzip(plain()), original);
    return true;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'STORE_DIGEST_MISMATCH') return false;
    throw error;
  }
}
