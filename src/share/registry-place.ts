import { integrityError, type Digest } from '../core/index.ts';
import { formatReference, parseReference, type Reference, type RegistryClient } from '../registry/index.ts';
import { blobsNamed, unless } from './named-blobs.ts';
import type { BlobPlace } from './place.ts';

const octets = 'application/octet-stream';
/** Where there is nothing yet, some registries do not say so but deny. */
const nothingThere = ['REGISTRY_UNKNOWN', 'REGISTRY_DENIED'];

/** Bytes. What is asked for by its digest alone is a recording or a manifest. */
const largestUnknown = 256 * 1024 * 1024;

/** A repository: its blobs are asked for by digest alone, whichever artifact names them. */
export function registryPlace(reference: Reference, registry: () => Promise<RegistryClient>): BlobPlace {
  const { domain, path } = reference;
  const repository = { domain, path };
  const sameRegistry = (image: string | undefined): Reference | undefined => {
    const from = image === undefined || image.includes('://') ? undefined : parseReference(image);
    return from?.domain === domain ? { domain, path: from.path } : undefined;
  };
  return {
    name: `docker://${formatReference(repository)}`,
    async bring({ digest, size }, store) {
      const client = await registry();
      const bytes = size ?? (await client.blobSize(repository, digest));
      if (bytes === undefined) return false;
      if (size === undefined && bytes > largestUnknown) throw tooLarge(domain, digest, bytes);
      const blob = { mediaType: octets, digest, size: bytes };
      return unless(['REGISTRY_UNKNOWN'], false, async () => {
        await store.put(client.blob(repository, blob), blob);
        return true;
      });
    },
    async has({ digest, size }) {
      const found = await (await registry()).blobSize(repository, digest);
      return found !== undefined && (size === undefined || found === size);
    },
    async named(tags) {
      const client = await registry();
      const found = new Set<Digest>();
      for (const tag of tags) {
        const there = await unless<readonly Digest[]>(nothingThere, [], async () =>
          blobsNamed(await client.manifest({ ...repository, tag }), ({ digest }) =>
            client.manifest({ ...repository, digest }),
          ),
        );
        for (const digest of there) found.add(digest);
      }
      return found;
    },
    async send({ digest, size }, store, image) {
      const blob = { mediaType: octets, digest, size };
      return (await registry()).pushBlob({ repository, blob, store, mountFrom: sameRegistry(image) });
    },
    async publish({ manifests, top }, tags) {
      const client = await registry();
      if (manifests.length > 1)
        for (const manifest of manifests)
          await client.pushManifest({ ...repository, digest: manifest.descriptor.digest }, manifest);
      for (const tag of tags) await client.pushManifest({ ...repository, tag }, top);
    },
  };
}

function tooLarge(domain: string, digest: Digest, bytes: number) {
  return integrityError(
    'SHARE_TOO_LARGE',
    `${domain} has ${bytes} bytes as ${digest}, which is no recording`,
    {
      next: 'Do not trust this registry; nothing of it was stored.',
    },
  );
}
