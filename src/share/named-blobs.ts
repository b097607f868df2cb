import { HoldfastError, type Digest } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import type { RawManifest } from '../registry/index.ts';

/** The blobs that a manifest, or an index's manifests, name. */
export async function blobsNamed(
  top: RawManifest,
  read: (manifest: RawManifest['descriptor']) => Promise<RawManifest>,
): Promise<Digest[]> {
  const document = parseManifest(top.bytes, top.descriptor.mediaType);
  if (document.kind === 'manifest') return document.manifest.layers.map(({ digest }) => digest);
  const found: Digest[] = [];
  for (const { mediaType, digest, size } of document.index.manifests)
    found.push(...(await blobsNamed(await read({ mediaType, digest, size }), read)));
  return found;
}

/** What `work` gives; `otherwise` where it fails with one of these codes. */
export async function unless<Result>(
  codes: readonly string[],
  otherwise: Result,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HoldfastError && codes.includes(error.code)) return otherwise;
    throw error;
  }
}
