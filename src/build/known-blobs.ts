import { HoldfastError, type Digest } from '../core/index.ts';
import { mediaTypes, parseImageConfig, parseManifest } from '../image/index.ts';
import type { BlobDescriptor, Store } from '../store/index.ts';

/** The blobs of an image's layers by diff ID; none where the store does not have the image. */
export async function blobsOf(image: Digest | undefined, store: Store): Promise<Map<Digest, BlobDescriptor>> {
  if (image === undefined || !(await store.has(image))) return new Map();
  try {
    const document = parseManifest(await store.readBytes(image));
    if (document.kind !== 'manifest') return new Map();
    const { config, layers } = document.manifest;
    const { diff_ids: diffIds } = parseImageConfig(await store.readBytes(config.digest)).rootfs;
    const blobs = layers.flatMap(({ digest, size, mediaType }, n): [Digest, BlobDescriptor][] => {
      const diffId = diffIds[n];
      // Only what was compressed by this program's own recipe can stand for compressing again.
      return diffId === undefined || mediaType !== mediaTypes.ociLayerGzip
        ? []
        : [[diffId, { digest, size }]];
    });
    return new Map(blobs);
  } catch (error) {
    // A damaged image is no shortcut, and no obstacle either: the layers are compressed anew.
    if (error instanceof HoldfastError) return new Map();
    throw error;
  }
}
