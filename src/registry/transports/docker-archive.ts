import { usageError, type Json } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { readImageTree, type ImageTree } from '../image-tree.ts';
import type { Descriptor } from '../manifest.ts';
import { platformsOf } from '../platforms.ts';
import { familiarReference, formatReference, type Reference } from '../reference.ts';
import { blobPath, jsonMember, layoutMembers, writeArchive } from './archive.ts';
import type { OnTransfer } from '../transfer.ts';
import { refNameAnnotation } from './oci-layout.ts';
import type { TarMember } from './tar.ts';
import type { ImageDestination } from './transport.ts';

/** The name by which containerd, and a Docker that stands on it, knows an imported image. */
export const containerdName = 'io.containerd.image.name';

/**
 * `docker-archive:FILE[:REFERENCE]`: what `docker load` reads. As `docker save` has written it since version 25, an
 * OCI layout with a `manifest.json` beside it, so that the image keeps its digest where the reader can keep it.
 * Layers stay compressed as they are. `reference` has a tag.
 */
export function dockerArchiveDestination(file: string, reference?: Reference): ImageDestination {
  const name = reference ? `:${formatReference(reference)}` : '';
  return {
    name: `docker-archive:${file}${name}`,
    async write(store, image, onTransfer) {
      await writeArchive(file, await dockerArchiveMembers(store, image, reference, onTransfer));
    },
  };
}

/** The members of such an archive, in no order. */
export async function dockerArchiveMembers(
  store: Store,
  image: Descriptor,
  reference: Reference | undefined,
  onTransfer?: OnTransfer,
): Promise<TarMember[]> {
  const tree = await readImageTree(store, image);
  const annotations: Record<string, string> = reference
    ? { [containerdName]: formatReference(reference), [refNameAnnotation]: reference.tag ?? '' }
    : {};
  const members = layoutMembers(store, tree, annotations, onTransfer);
  return [...members, jsonMember('manifest.json', dockerManifest(tree, reference))];
}

/** The list of images that Docker's own importer goes by; Docker Image Specification v1.2. */
function dockerManifest(tree: ImageTree, reference: Reference | undefined): Json {
  const { config, layers } = onlyImage(tree);
  return [
    {
      Config: blobPath(config),
      RepoTags: reference ? [familiarReference(reference)] : null,
      Layers: layers.map(blobPath),
    },
  ];
}

/** The one image that can run; an index may hold attestations beside it. */
function onlyImage(tree: ImageTree): (ImageTree & { kind: 'image' })['manifest'] {
  if (tree.kind === 'image') return tree.manifest;
  const runnable = tree.children.filter((_, n) => tree.entries[n]?.platform?.os !== 'unknown');
  const [image] = runnable;
  if (image && runnable.length === 1) return onlyImage(image);
  throw usageError(
    'ARCHIVE_ONE_PLATFORM',
    `a docker-archive holds one platform, the image has ${platformsOf(tree.entries).join(', ')}`,
    { next: 'Choose one with --platform, or write an oci-archive.' },
  );
}
