import { usageError } from '../core/index.ts';
import { parseReference, parseTransport, type RegistryClient, type Transport } from '../registry/index.ts';
import { layoutPlace } from './layout-place.ts';
import type { BlobPlace } from './place.ts';
import { registryPlace } from './registry-place.ts';

/**
 * Reads `docker://REF`, `REF` alone, or `oci:DIR`.
 * @throws HoldfastError TRANSPORT_INVALID, REFERENCE_INVALID (exit 2)
 */
export function parsePlace(text: string): Transport {
  const named = /^(?:docker|oci|oci-archive|docker-archive|docker-daemon):(?!\d)/.test(text);
  return named ? parseTransport(text) : { kind: 'docker', reference: parseReference(text) };
}

/** @throws HoldfastError REMOTE_INVALID (exit 2) */
export function openPlace(transport: Transport, registry: () => Promise<RegistryClient>): BlobPlace {
  switch (transport.kind) {
    case 'docker':
      return registryPlace(transport.reference, registry);
    case 'oci':
      return layoutPlace(transport.directory);
    case 'oci-archive':
    case 'docker-archive':
    case 'docker-daemon':
      throw usageError('REMOTE_INVALID', `blobs cannot be shared through ${transport.kind}`, {
        next: 'Name a repository as docker://REF, or a directory as oci:DIR.',
      });
  }
}
