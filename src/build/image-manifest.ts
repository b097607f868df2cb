import { formatManifest, mediaTypes } from '../image/index.ts';
import type { BlobDescriptor } from '../store/index.ts';

/** The bytes of an image's manifest. */
export function imageManifest(
  config: BlobDescriptor,
  layers: readonly (BlobDescriptor & { readonly mediaType: string })[],
): string | Uint8Array {
  return formatManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, ...config },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  });
}
