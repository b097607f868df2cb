export { RegistryClient, type RegistryOptions } from './client.ts';
export { type Clock } from './clock.ts';
export {
  credentialNames,
  dockerCredentials,
  type CredentialNames,
  noCredentials,
  type CredentialOptions,
  type Credentials,
  type CredentialSource,
} from './credentials.ts';
export { isForeign, readDocument } from './copy/document.ts';
export {
  shortContent,
  type Content,
  type ContentDigest,
  type ContentManifest,
} from './copy/content.ts';
export { manifestFormats, type ManifestFormat } from './copy/convert.ts';
export { copyImage, type CopyEvent, type CopyOptions, type CopyReport } from './copy/copy-image.ts';
export {
  openCopySource,
  openCopyTarget,
  parseCopyPlace,
  type CopyPlace,
} from './copy/open-place.ts';
export { imageSourceOf } from './copy/image-source.ts';
export { KnownBlobs } from './copy/known-blobs.ts';
export type { CopySource, CopyTarget } from './copy/place.ts';
export {
  readSyncFile,
  syncDestination,
  syncSource,
  tagsToSync,
  type SyncSource,
} from './copy/sync-list.ts';
export {
  imageOf,
  isContainerImage,
  readImage,
  verifiedBlob,
  type ReadImage,
} from './copy/read-image.ts';
export { selectedRoot, type Selection } from './copy/selection.ts';
export { drain } from './direct.ts';
export { openDispatchers, type Dispatchers, type Environment } from './dispatchers.ts';
export {
  type Descriptor,
  type IndexEntry,
  type Manifest,
  type RawManifest,
} from './manifest.ts';
export { hostOf, mirroredReferences, parseLocation, type Mirror, type MirrorRule } from './mirrors.ts';
export { pickPlatform } from './platforms.ts';
export { pullImage, type PulledImage } from './pull.ts';
export { pushImage, type PushedBlobs, type PushOptions } from './push.ts';
export {
  familiarReference,
  formatReference,
  parseReference,
  repositoryName,
  tagOrDigest,
  withDefaultTag,
  type Reference,
} from './reference.ts';
export { Secret } from './secret.ts';
export { inParallel, type OnTransfer, type TransferEvent } from './transfer.ts';
export { openDestination, openSource } from './transports/open.ts';
export { parseTransport, type Transport } from './transports/parse.ts';
export type { ImageDestination, ImageSource } from './transports/transport.ts';
export type { BlobOutcome } from './upload.ts';
export type { BlobUpload } from './upload-session.ts';
