import type { RegistryClient } from '../client.ts';
import type { Environment } from '../dispatchers.ts';
import { dockerEngine } from '../transports/docker-daemon.ts';
import { parseTransport, type Transport } from '../transports/parse.ts';
import { dockerArchiveTarget, ociArchiveTarget } from './archive-target.ts';
import { daemonSource, daemonTarget } from './daemon-place.ts';
import { directorySource, directoryTarget } from './directory-place.ts';
import { dockerArchiveSource } from './docker-archive-source.ts';
import { directoryFiles } from './files.ts';
import type { KnownBlobs } from './known-blobs.ts';
import { layoutSource } from './layout-source.ts';
import { layoutTarget } from './layout-target.ts';
import type { CopySource, CopyTarget } from './place.ts';
import { registrySource, registryTarget } from './registry-place.ts';
import { tarFiles } from './tar-index.ts';

/** A place to copy from or to: those for images, and a directory for one image as containers-image lays it out. */
export type CopyPlace = Transport | { readonly kind: 'dir'; readonly directory: string };

/** As {@link parseTransport}, and `dir:DIR`. @throws HoldfastError TRANSPORT_INVALID, REFERENCE_INVALID (exit 2) */
export function parseCopyPlace(text: string): CopyPlace {
  const directory = /^dir:(.+)$/s.exec(text)?.[1];
  return directory === undefined ? parseTransport(text) : { kind: 'dir', directory };
}

export interface PlaceOptions {
  /** Made when it is first needed: a copy between files speaks to nobody. */
  readonly client: () => Promise<RegistryClient>;
  readonly environment: Environment;
}

/** @throws HoldfastError ARCHIVE_UNREADABLE (exit 2), ARCHIVE_INVALID (exit 4), and what opening a client throws */
export async function openCopySource(place: CopyPlace, options: PlaceOptions): Promise<CopySource> {
  switch (place.kind) {
    case 'docker':
      return registrySource((await options.client()).repository(place.reference));
    case 'oci':
      return layoutSource(directoryFiles(place.directory), `oci:${place.directory}`, place.tag);
    case 'oci-archive':
      return layoutSource(await tarFiles(place.file), `oci-archive:${place.file}`, place.tag);
    case 'docker-archive':
      return dockerArchiveSource(await tarFiles(place.file), `docker-archive:${place.file}`, place.reference);
    case 'docker-daemon':
      return daemonSource(dockerEngine(options.environment), place.reference);
    case 'dir':
      return directorySource(place.directory);
  }
}

export interface TargetOptions extends PlaceOptions {
  /** The target may give the image another digest. */
  readonly anyDigest?: boolean | undefined;
  readonly known?: KnownBlobs | undefined;
}

/** @throws HoldfastError DOCKER_HOST_INVALID (exit 2), and what opening a client throws */
export async function openCopyTarget(place: CopyPlace, options: TargetOptions): Promise<CopyTarget> {
  switch (place.kind) {
    case 'docker':
      return registryTarget((await options.client()).repository(place.reference), options.known);
    case 'oci':
      return layoutTarget(place.directory, place.tag);
    case 'oci-archive':
      return ociArchiveTarget(place.file, place.tag);
    case 'docker-archive':
      return dockerArchiveTarget(place.file, place.reference);
    case 'docker-daemon':
      return daemonTarget(dockerEngine(options.environment), place.reference, options.anyDigest === true);
    case 'dir':
      return directoryTarget(place.directory);
  }
}
