import { usageError } from '../../core/index.ts';
import type { RegistryClient } from '../client.ts';
import type { Environment } from '../dispatchers.ts';
import type { PushOptions } from '../push.ts';
import type { Reference } from '../reference.ts';
import { dockerArchiveDestination } from './docker-archive.ts';
import { dockerDaemonDestination } from './docker-daemon.ts';
import { ociArchiveDestination } from './oci-archive.ts';
import { ociLayoutDestination, ociLayoutSource } from './oci-layout.ts';
import type { Transport } from './parse.ts';
import { registryDestination, registrySource } from './registry.ts';
import type { ImageDestination, ImageSource } from './transport.ts';

/** @throws HoldfastError TRANSPORT_NOT_READABLE (exit 2): archives are only written */
export function openSource(transport: Transport, client: RegistryClient): ImageSource {
  switch (transport.kind) {
    case 'docker':
      return registrySource(client, transport.reference);
    case 'oci':
      return ociLayoutSource(transport.directory, transport.tag);
    case 'oci-archive':
    case 'docker-archive':
    case 'docker-daemon':
      throw usageError(
        'TRANSPORT_NOT_READABLE',
        `images can be written to ${transport.kind}, not read from it`,
        {
          next: 'Unpack it into an OCI layout and name that as oci:DIR, or push it to a registry.',
        },
      );
  }
}

export interface DestinationOptions extends PushOptions {
  readonly environment?: Environment;
  /** What the image is called in a layout or an archive, in place of the one name that the transport has. */
  readonly names?: readonly Reference[];
}

export function openDestination(
  transport: Transport,
  client: RegistryClient,
  options: DestinationOptions = {},
): ImageDestination {
  const { names = [] } = options;
  switch (transport.kind) {
    case 'docker':
      return registryDestination(client, transport.reference, options);
    case 'oci':
      return ociLayoutDestination(transport.directory, transport.tag, names);
    case 'oci-archive':
      return ociArchiveDestination(transport.file, transport.tag, names);
    case 'docker-archive':
      return dockerArchiveDestination(
        transport.file,
        names.length > 0 || transport.reference === undefined ? names : [transport.reference],
      );
    case 'docker-daemon':
      return dockerDaemonDestination(transport.reference, options.environment ?? {});
  }
}
