import { hexOf, sha256, type Digest } from '../core/index.ts';
import { formatManifest, mediaTypes } from '../image/index.ts';
import type { RawManifest } from '../registry/index.ts';
import type { BlobDescriptor } from '../store/index.ts';

/** Blobs of a store, kept in a registry: OCI image-spec manifest.md, "Guidelines for Artifact Usage". */
export const artifactType = 'application/vnd.holdfast.store.v1';

/**
 * The type of every layer, whatever is in it: a registry that finds manifests or images among the layers of something
 * that is no image may refuse them, or look into them.
 */
const blobType = 'application/vnd.holdfast.store.blob.v1';

/** image-spec manifest.md: what stands for a configuration where there is none. */
export const emptyConfig = {
  bytes: Buffer.from('{}'),
  descriptor: { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256('{}'), size: 2 },
} as const;

/** Blobs that a manifest names, about: with this many it has a few hundred kilobytes, and registries take 4 MiB. */
export const manifestBlobs = 1000;

export interface Artifact {
  readonly manifests: readonly RawManifest[];
  /** An index of the manifests, or the only one of them. */
  readonly top: RawManifest;
}

/**
 * The artifact of these blobs; equal blobs give equal bytes. Where they are too many for one manifest, they are told
 * apart by the first digits of their digests, so that a few new ones change a few manifests.
 */
export function artifactOf(blobs: readonly BlobDescriptor[], limit = manifestBlobs): Artifact {
  let digits = 0;
  while (limit * 16 ** digits < blobs.length) digits++;
  const sorted = blobs.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  const parts = Map.groupBy(sorted, ({ digest }) => hexOf(digest).slice(0, digits));
  const manifests = (parts.size === 0 ? [[]] : [...parts.values()]).map(manifestOf);
  const [only] = manifests;
  return { manifests, top: manifests.length === 1 && only ? only : indexOf(manifests) };
}

function manifestOf(blobs: readonly BlobDescriptor[]): RawManifest {
  const layers = blobs.map(({ digest, size }) => ({ mediaType: blobType, digest, size }));
  return raw(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: emptyConfig.descriptor,
    layers,
  });
}

function indexOf(manifests: readonly RawManifest[]): RawManifest {
  return raw(mediaTypes.ociIndex, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    artifactType,
    manifests: manifests.map(({ descriptor }) => ({ ...descriptor, artifactType })),
  });
}

function raw(mediaType: string, document: Parameters<typeof formatManifest>[0]): RawManifest {
  const bytes = Buffer.from(formatManifest(document));
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.byteLength }, bytes };
}

/** The name of the artifact of a lock: another lock, or another version of one, has another. */
export function artifactTag(recordings: readonly Digest[]): string {
  const text = [...new Set(recordings)].toSorted().join('\n');
  return `lock-${hexOf(sha256(text)).slice(0, 16)}`;
}
