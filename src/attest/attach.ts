import { canonicalJson } from '../core/index.ts';
import { formatManifest, mediaTypes, type IndexDescriptor } from '../image/index.ts';
import type { Store, TaggedDescriptor } from '../store/index.ts';
import type { Statement } from './statement.ts';

/** An image of one platform and what is claimed of it. */
export interface Attested {
  readonly image: TaggedDescriptor;
  readonly statements: readonly Statement[];
}

/** What BuildKit gives the manifests of attestations, which no machine runs. */
const unknownPlatform = { architecture: 'unknown', os: 'unknown' };

/**
 * An index of images, each followed by a manifest of the statements about it, as BuildKit attaches them (BuildKit,
 * docs/attestations/attestation-storage.md). The images' own digests stay.
 */
export async function withAttestations(
  store: Store,
  attested: readonly Attested[],
  annotations: Readonly<Record<string, string>>,
): Promise<TaggedDescriptor> {
  const images = attested.map(({ image: { mediaType, digest, size, platform, annotations: own } }) => ({
    mediaType,
    digest,
    size,
    ...(own !== undefined && { annotations: own }),
    ...(platform && { platform: { ...platform } }),
  }));
  const claims: IndexDescriptor[] = [];
  for (const one of attested)
    if (one.statements.length > 0) claims.push(await attestationManifest(store, one));
  const bytes = formatManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [...images, ...claims],
    ...(Object.keys(annotations).length > 0 && { annotations }),
  });
  return { mediaType: mediaTypes.ociIndex, ...(await store.put(bytes)) };
}

async function attestationManifest(store: Store, { image, statements }: Attested): Promise<IndexDescriptor> {
  const layers = [];
  for (const { predicateType, document } of statements) {
    const blob = await store.put(canonicalJson(document));
    const annotations = { 'in-toto.io/predicate-type': predicateType };
    layers.push({ mediaType: 'application/vnd.in-toto+json', ...blob, annotations });
  }
  const config = await store.put(
    canonicalJson({
      ...unknownPlatform,
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const bytes = formatManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, ...config },
    layers,
  });
  return {
    mediaType: mediaTypes.ociManifest,
    ...(await store.put(bytes)),
    annotations: {
      'vnd.docker.reference.digest': image.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
    platform: unknownPlatform,
  };
}
