import { z } from 'zod';
import {
  formatPlatform,
  integrityError,
  isDigest,
  usageError,
  type Digest,
  type Platform,
} from '../core/index.ts';
import { parseHostileJson } from './hostile-json.ts';
import { isIndexType, isManifestType, mediaTypes, ociMediaType } from './media-types.ts';
import { orderedJson, type MemberOrder } from './ordered-json.ts';

const digest = z.custom<Digest>(isDigest, 'not a sha256 digest');
const annotations = z.record(z.string(), z.string()).nullish();

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest,
  size: z.number().int().nonnegative(),
  urls: z.array(z.string()).nullish(),
  annotations,
  artifactType: z.string().optional(),
});

const indexDescriptorSchema = descriptorSchema.extend({
  platform: z
    .looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
    .nullish(),
});

const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).max(10_000),
  subject: descriptorSchema.nullish(),
  annotations,
});

const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  manifests: z.array(indexDescriptorSchema).max(10_000),
  subject: descriptorSchema.nullish(),
  annotations,
});

/** OCI image-spec descriptor.md. */
export type Descriptor = z.infer<typeof descriptorSchema>;
export type IndexDescriptor = z.infer<typeof indexDescriptorSchema>;
/** OCI image-spec manifest.md, and Docker's schema 2, which has the same members. */
export type ImageManifest = z.infer<typeof manifestSchema>;
/** OCI image-spec image-index.md, and Docker's manifest list. */
export type ImageIndex = z.infer<typeof indexSchema>;

export type ManifestDocument =
  | { readonly kind: 'manifest'; readonly mediaType: string; readonly manifest: ImageManifest }
  | { readonly kind: 'index'; readonly mediaType: string; readonly index: ImageIndex };

/**
 * Reads a manifest or an index, OCI's or Docker's. `contentType` is what the registry called it, without parameters;
 * the document's own `mediaType` must not contradict it.
 * @throws HoldfastError MANIFEST_INVALID (exit 4), also for Docker's schema 1
 */
export function parseManifest(bytes: Uint8Array | string, contentType?: string): ManifestDocument {
  const errors = { what: 'manifest', code: 'MANIFEST_INVALID' };
  const document = parseHostileJson(bytes, z.looseObject({ mediaType: z.string().optional() }), errors);
  const isIndex = 'manifests' in document;
  // CVE-2021-41190: a document that can be read as both means different images to different readers.
  if (isIndex && ('layers' in document || 'config' in document))
    throw invalid('is both an index and a manifest');
  if ('fsLayers' in document) throw invalid('is of schema 1, which says too little to be locked');
  const plain = isIndex ? mediaTypes.ociIndex : mediaTypes.ociManifest;
  const mediaType = document.mediaType ?? knownType(contentType) ?? plain;
  const fits = isIndex ? isIndexType : isManifestType;
  for (const stated of [mediaType, knownType(contentType) ?? mediaType]) {
    if (!fits(stated)) throw invalid(`is called ${stated.slice(0, 100)}, which it is not`);
  }
  return isIndex
    ? { kind: 'index', mediaType, index: parseHostileJson(bytes, indexSchema, errors) }
    : { kind: 'manifest', mediaType, manifest: parseHostileJson(bytes, manifestSchema, errors) };
}

/** Registries also answer `application/json` or nothing of use. */
function knownType(type: string | undefined): string | undefined {
  return type !== undefined && (isIndexType(type) || isManifestType(type)) ? type : undefined;
}

function invalid(fault: string): Error {
  return integrityError('MANIFEST_INVALID', `The manifest ${fault}`, {
    next: 'Use another image, or have its publisher push it again.',
  });
}

const descriptorOrder: MemberOrder = {
  mediaType: true,
  digest: true,
  size: true,
  urls: true,
  platform: { architecture: true, os: true, variant: true },
  artifactType: true,
  annotations: true,
};

const documentOrder: MemberOrder = {
  schemaVersion: true,
  mediaType: true,
  artifactType: true,
  config: descriptorOrder,
  layers: { '*': descriptorOrder },
  manifests: { '*': descriptorOrder },
  subject: descriptorOrder,
  annotations: true,
};

/** The one text of a manifest or index. Never for one that was fetched: its digest is that of its own bytes. */
export function formatManifest(document: ImageManifest | ImageIndex): string {
  return orderedJson(document, documentOrder);
}

/** A manifest in OCI's terms: Docker's schema 2 differs in media types alone. It is another manifest, by digest. */
export function toOciManifest(manifest: ImageManifest): ImageManifest {
  const convert = (descriptor: Descriptor): Descriptor => ({
    ...descriptor,
    mediaType: ociMediaType(descriptor.mediaType),
  });
  return {
    ...manifest,
    mediaType: mediaTypes.ociManifest,
    config: convert(manifest.config),
    layers: manifest.layers.map(convert),
  };
}

/**
 * The entry of an index for a platform: the same variant; else the best that the platform runs as well (containerd's
 * platform matching): for arm an older variant, for others the entry without variant. It may be an index again.
 * @throws HoldfastError IMAGE_PLATFORM_MISSING (exit 2)
 */
export function selectPlatform(index: ImageIndex, platform: Platform): IndexDescriptor {
  const entries = index.manifests.filter(
    entry => entry.platform?.os === platform.os && entry.platform.architecture === platform.architecture,
  );
  for (const variant of runnableVariants(platform)) {
    const found = entries.find(entry => (entry.platform?.variant ?? '') === variant);
    if (found !== undefined) return found;
  }
  const offered = index.manifests.flatMap(({ platform: other }) =>
    other === undefined || other === null || other.os === 'unknown' ? [] : [formatPlatform(other)],
  );
  throw usageError('IMAGE_PLATFORM_MISSING', `The image has no ${formatPlatform(platform)}`, {
    next: `Choose one of: ${[...new Set(offered)].join(', ') || 'none are named'}.`,
  });
}

/** Best first; the empty text is an entry without variant. */
function runnableVariants({ architecture, variant }: Platform): string[] {
  if (architecture === 'arm') {
    const version = Number(/^v(\d)$/.exec(variant ?? 'v7')?.[1] ?? 7);
    const older = [8, 7, 6, 5].filter(other => other <= version).map(other => `v${other}`);
    // An entry without variant is v7 (containerd platforms.Normalize).
    return older.flatMap(other => (other === 'v7' ? ['v7', ''] : [other]));
  }
  if (architecture === 'arm64')
    return variant === undefined || variant === 'v8' ? ['v8', ''] : [variant, 'v8', ''];
  return variant === undefined ? [''] : [variant, ''];
}
