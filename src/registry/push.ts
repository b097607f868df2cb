import { usageError, type Digest } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import type { RegistryClient } from './client.ts';
import { readImageTree, type ImageTree } from './image-tree.ts';
import type { Descriptor } from './manifest.ts';
import type { Reference } from './reference.ts';
import { inParallel, parallelBlobs, type OnTransfer } from './transfer.ts';
import type { BlobOutcome } from './upload.ts';

export interface PushOptions {
  /** The repository on the same registry that a blob came from, if any: it is then mounted, not sent. */
  readonly mountFrom?: ((digest: Digest) => Reference | undefined) | undefined;
  readonly onTransfer?: OnTransfer | undefined;
}

/** What became of how many blobs. */
export type PushedBlobs = Readonly<Record<BlobOutcome, number>>;

/**
 * Pushes an image of the store, byte for byte: four blobs at a time, then its manifest; of an index first all its
 * images. The last manifest gets the reference's tag.
 * @throws HoldfastError REFERENCE_INVALID (exit 2) for another image's digest, IMAGE_INCOMPLETE, and what {@link RegistryClient} throws
 */
export async function pushImage(
  client: RegistryClient,
  store: Store,
  image: Descriptor,
  reference: Reference,
  options: PushOptions = {},
): Promise<PushedBlobs> {
  requireOwnDigest(image, reference);
  const tree = await readImageTree(store, image);
  const counts: Record<BlobOutcome, number> = { present: 0, mounted: 0, uploaded: 0 };
  const { onTransfer } = options;
  await inParallel(payloadOf(tree), parallelBlobs, async blob => {
    const mountFrom = options.mountFrom?.(blob.digest);
    counts[await client.pushBlob({ repository: reference, blob, store, mountFrom, onTransfer })]++;
  });
  await pushManifests(client, tree, reference);
  return counts;
}

/** Configurations and layers, each once: what goes to the registry as blobs, not as manifests. */
function payloadOf(tree: ImageTree): Descriptor[] {
  const found = new Map<Digest, Descriptor>();
  const visit = (node: ImageTree) => {
    if (node.kind === 'index') node.children.forEach(visit);
    else for (const blob of [...node.manifest.layers, node.manifest.config]) found.set(blob.digest, blob);
  };
  visit(tree);
  return [...found.values()];
}

async function pushManifests(client: RegistryClient, tree: ImageTree, reference: Reference): Promise<void> {
  const { domain, path } = reference;
  if (tree.kind === 'index') {
    for (const child of tree.children)
      await pushManifests(client, child, { domain, path, digest: child.descriptor.digest });
  }
  await client.pushManifest(reference, tree);
}

function requireOwnDigest(image: Descriptor, reference: Reference): void {
  if (reference.digest === undefined || reference.digest === image.digest) return;
  throw usageError(
    'REFERENCE_INVALID',
    `the image is ${image.digest}, it cannot be pushed as ${reference.digest}`,
    {
      next: 'Push it to a tag.',
    },
  );
}
