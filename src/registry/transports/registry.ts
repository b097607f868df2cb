import type { RegistryClient } from '../client.ts';
import { pushImage, type PushOptions } from '../push.ts';
import { formatReference, withDefaultTag, type Reference } from '../reference.ts';
import type { ImageDestination, ImageSource } from './transport.ts';

/** `docker://REFERENCE`, to read. */
export function registrySource(client: RegistryClient, reference: Reference): ImageSource {
  const named = withDefaultTag(reference);
  const { domain, path } = reference;
  return {
    name: formatReference(named),
    manifest: entry => client.manifest(entry ? { domain, path, digest: entry.digest } : named),
    blob: blob => client.blob(reference, blob),
  };
}

/** `docker://REFERENCE`, to write. */
export function registryDestination(
  client: RegistryClient,
  reference: Reference,
  options: PushOptions = {},
): ImageDestination {
  const named = withDefaultTag(reference);
  return {
    name: `docker://${formatReference(named)}`,
    async write(store, image, onTransfer) {
      await pushImage(client, store, image, named, { onTransfer, ...options });
    },
  };
}
