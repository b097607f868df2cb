import { usageError } from '../../core/index.ts';
import { imageTypes, indexTypes, manifestJson } from '../manifest.ts';
import { contentDigest } from './content.ts';
import { readDocument } from './document.ts';
import type { PlannedManifest } from './place.ts';

/** Manifest formats, in skopeo's words: OCI's, and Docker's schema 2. */
export const manifestFormats = ['oci', 'v2s2'] as const;
export type ManifestFormat = (typeof manifestFormats)[number];

const [ociImage = '', dockerImage = ''] = imageTypes;
const [ociIndex = '', dockerList = ''] = indexTypes;

/** OCI's media types and Docker's for the same bytes: OCI image-spec media-types.md, "Compatibility Matrix". */
const equivalents: readonly (readonly [oci: string, docker: string])[] = [
  [ociImage, dockerImage],
  [ociIndex, dockerList],
  ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'],
  ['application/vnd.oci.image.layer.v1.tar', 'application/vnd.docker.image.rootfs.diff.tar'],
  ['application/vnd.oci.image.layer.v1.tar+gzip', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
  [
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ],
];

/**
 * The same image in manifests of another format: other manifests by digest, the same blobs. A manifest that has the
 * format stays as it is.
 * @throws HoldfastError COPY_FORMAT (exit 2) for what the format has no words for
 */
export function converted(manifest: PlannedManifest, format: ManifestFormat): PlannedManifest {
  const children = manifest.children.map(child => converted(child, format));
  const { mediaType } = manifest.descriptor;
  const target = typeIn(format, mediaType);
  const sameChildren = children.every((child, n) => child === manifest.children[n]);
  if (target === mediaType && sameChildren) return manifest;
  const json = manifestJson(manifest.bytes, 'the manifest') as JsonManifest;
  const replaced = new Map(
    children.map((child, n) => [manifest.children[n]?.descriptor.digest, child.descriptor] as const),
  );
  const convert = (descriptor: JsonDescriptor): JsonDescriptor => {
    const child = replaced.get(descriptor.digest as never);
    const { mediaType: type, digest, size } = child ?? descriptor;
    return { ...descriptor, mediaType: typeIn(format, type), digest, size };
  };
  const text = JSON.stringify({
    ...json,
    mediaType: target,
    ...(json.config && { config: convert(json.config) }),
    ...(json.layers && { layers: json.layers.map(convert) }),
    ...(json.manifests && { manifests: json.manifests.map(convert) }),
  });
  const bytes = Buffer.from(text);
  const descriptor = {
    mediaType: target,
    digest: contentDigest('sha256', bytes),
    size: bytes.byteLength,
  };
  return { ...manifest, descriptor, bytes, children, document: readDocument(bytes, target, 'the manifest') };
}

interface JsonDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface JsonManifest {
  readonly config?: JsonDescriptor;
  readonly layers?: readonly JsonDescriptor[];
  readonly manifests?: readonly JsonDescriptor[];
}

function typeIn(format: ManifestFormat, type: string): string {
  const pair = equivalents.find(([oci, docker]) => type === oci || type === docker);
  if (pair) return format === 'oci' ? pair[0] : pair[1];
  // OCI takes whatever type there is; Docker knows its own alone.
  if (format === 'oci') return type;
  throw usageError('COPY_FORMAT', `Docker's schema 2 has no word for ${type.slice(0, 100)}`, {
    next: 'Leave --format out, which keeps every digest, or copy to a place that takes OCI images.',
  });
}
