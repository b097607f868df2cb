import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { canonicalJson, sha256, type Platform } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import type { Descriptor } from '../manifest.ts';
import { tarOf } from '../transports/tar.ts';

const ociManifestType = 'application/vnd.oci.image.manifest.v1+json';
const ociIndexType = 'application/vnd.oci.image.index.v1+json';

/** A real image of one layer per text, each layer a file with that text; stored whole. */
export async function sampleImage(
  store: Store,
  texts: readonly string[],
  platform: Platform = { os: 'linux', architecture: 'amd64' },
): Promise<Descriptor> {
  const diffIds: string[] = [];
  const layers: Descriptor[] = [];
  for (const [n, text] of texts.entries()) {
    const content = Buffer.from(text);
    const member = { name: `file${n}`, size: content.byteLength, content: () => [content] };
    const tar = await buffer(tarOf([member]));
    diffIds.push(sha256(tar));
    layers.push(await put(store, gzipSync(tar), 'application/vnd.oci.image.layer.v1.tar+gzip'));
  }
  const config = canonicalJson({ ...platform, config: {}, rootfs: { type: 'layers', diff_ids: diffIds } });
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifestType,
    config: { ...(await put(store, config, 'application/vnd.oci.image.config.v1+json')) },
    layers: layers.map(layer => ({ ...layer })),
  };
  return put(store, canonicalJson(manifest), ociManifestType);
}

export async function sampleIndex(
  store: Store,
  images: readonly { readonly image: Descriptor; readonly platform: Platform }[],
): Promise<Descriptor> {
  const manifests = images.map(({ image, platform }) => ({ ...image, platform: { ...platform } }));
  return put(store, canonicalJson({ schemaVersion: 2, mediaType: ociIndexType, manifests }), ociIndexType);
}

async function put(store: Store, bytes: string | Uint8Array, mediaType: string): Promise<Descriptor> {
  return { mediaType, ...(await store.put(bytes)) };
}
