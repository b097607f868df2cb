/** Media types of OCI image-spec 1.1 (media-types.md) and of Docker's "Image Manifest V 2, Schema 2". */
export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
} as const;

const ociTypes: ReadonlyMap<string, string> = new Map([
  [mediaTypes.dockerList, mediaTypes.ociIndex],
  [mediaTypes.dockerManifest, mediaTypes.ociManifest],
  [mediaTypes.dockerConfig, mediaTypes.ociConfig],
  [mediaTypes.dockerLayer, mediaTypes.ociLayer],
  [mediaTypes.dockerLayerGzip, mediaTypes.ociLayerGzip],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', mediaTypes.ociLayerZstd],
  [mediaTypes.dockerForeignLayerGzip, 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'],
]);

/** OCI's name of one of Docker's types; others, OCI's own first of all, as they are. */
export function ociMediaType(type: string): string {
  return ociTypes.get(type) ?? type;
}

export function isIndexType(type: string): boolean {
  return ociMediaType(type) === mediaTypes.ociIndex;
}

export function isManifestType(type: string): boolean {
  return ociMediaType(type) === mediaTypes.ociManifest;
}

/** Layers that hold files; attestations and other artifacts hold something else. */
export function isLayerType(type: string): boolean {
  return /^application\/vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(?:gzip|zstd))?$/.test(
    ociMediaType(type),
  );
}
