export { RegistryClient, type RegistryOptions } from './client.ts';
export { systemClock, type Clock } from './clock.ts';
export {
  dockerCredentials,
  noCredentials,
  type CredentialOptions,
  type Credentials,
  type CredentialSource,
} from './credentials.ts';
export { isLoopback, openDispatchers, type Dispatchers, type Environment } from './dispatchers.ts';
export {
  manifestTypes,
  readManifest,
  type Descriptor,
  type IndexEntry,
  type Manifest,
  type RawManifest,
} from './manifest.ts';
export { pickPlatform, platformsOf } from './platforms.ts';
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
export type { OnTransfer, TransferEvent } from './transfer.ts';
export { openDestination, openSource } from './transports/open.ts';
export { parseTransport, type Transport } from './transports/parse.ts';
export type { ImageDestination, ImageSource } from './transports/transport.ts';
export type { BlobOutcome } from './upload.ts';
export type { BlobUpload } from './upload-session.ts';
