import { formatPlatform, HoldfastError, integrityError, shortDigest, type Digest } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { manifestLimit, readManifest, type Descriptor, type IndexEntry, type Manifest } from './manifest.ts';

/** An image in the store with all that it refers to: a manifest, or an index with its manifests. */
export type ImageTree =
  | {
      readonly kind: 'image';
      readonly descriptor: Descriptor;
      readonly bytes: Buffer;
      readonly manifest: Manifest & { kind: 'image' };
    }
  | {
      readonly kind: 'index';
      readonly descriptor: Descriptor;
      readonly bytes: Buffer;
      readonly children: readonly ImageTree[];
      readonly entries: readonly IndexEntry[];
    };

const deepest = 4;

/**
 * Reads the manifests of an image from the store.
 * @throws HoldfastError IMAGE_INCOMPLETE (exit 4) where the store lacks something that a manifest names,
 *   STORE_BLOB_MISSING, STORE_BLOB_CORRUPT (exit 4), REGISTRY_NOT_A_MANIFEST (exit 5)
 */
export async function readImageTree(store: Store, descriptor: Descriptor, depth = 0): Promise<ImageTree> {
  const bytes = await store.readBytes(descriptor.digest, manifestLimit);
  const where = `the manifest ${shortDigest(descriptor.digest)}`;
  const manifest = readManifest(bytes, descriptor.mediaType, where);
  if (manifest.kind === 'image') {
    for (const blob of [manifest.config, ...manifest.layers])
      if ((await store.size(blob.digest)) !== blob.size) throw incomplete(where, blob.digest);
    return { kind: 'image', descriptor, bytes, manifest };
  }
  if (depth === deepest) throw incomplete(where, descriptor.digest);
  const children: ImageTree[] = [];
  for (const entry of manifest.manifests) children.push(await readEntry(store, entry, where, depth));
  return { kind: 'index', descriptor, bytes, children, entries: manifest.manifests };
}

async function readEntry(store: Store, entry: IndexEntry, where: string, depth: number): Promise<ImageTree> {
  try {
    return await readImageTree(store, entry, depth + 1);
  } catch (error) {
    const missing = error instanceof HoldfastError && error.code === 'STORE_BLOB_MISSING';
    throw missing ? incomplete(where, entry.digest, entry) : error;
  }
}

/** Every blob once, config and layers before the manifest, manifests before their index. */
export function blobsOf(tree: ImageTree): Descriptor[] {
  const found = new Map<Digest, Descriptor>();
  const visit = (node: ImageTree) => {
    const below = node.kind === 'image' ? [...node.manifest.layers, node.manifest.config] : [];
    if (node.kind === 'index') node.children.forEach(visit);
    for (const blob of [...below, node.descriptor]) {
      if (!found.has(blob.digest)) found.set(blob.digest, blob);
    }
  };
  visit(tree);
  return [...found.values()];
}

function incomplete(where: string, digest: Digest, entry?: IndexEntry) {
  const platform = entry?.platform ? ` for ${formatPlatform(entry.platform)}` : '';
  return integrityError(
    'IMAGE_INCOMPLETE',
    `${where} names ${digest}${platform}, which the store does not have`,
    {
      next: 'Name the image of one platform instead of the index, or fetch what is missing.',
    },
  );
}
