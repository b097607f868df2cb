import { usageError, type Json } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { readImageTree, type ImageTree } from '../image-tree.ts';
import type { Descriptor } from '../manifest.ts';
import { platformsOf } from '../platforms.ts';
import { familiarReference, formatReference, type Reference } from '../reference.ts';
import { blobPath, jsonMember, layoutMembers, writeArchive } from './archive.ts';
import type { OnTransfer } from '../transfer.ts';
import { namesOf } from './layout-names.ts';
import type { TarMember } from './tar.ts';
import type { ImageDestination } from './transport.ts';

/**
 * `docker-archive:FILE[:REFERENCE]`: what `docker load` reads. As `docker save` has written it since version 25, an
 * OCI layout with a `manifest.json` beside it, so that the image keeps its digest where the reader can keep it.
 * Layers stay compressed as they are. The references have tags.
 */
export function dockerArchiveDestination(file: string, references: readonly Reference[]): ImageDestination {
  const [reference] = references;
  const name = reference ? `:${formatReference(reference)}` : '';
  return {
    name: `docker-archive:${file}${name}`,
    async write(store, image, onTransfer) {
      await writeArchive(file, await dockerArchiveMembers(store, image, references, onTransfer));
    },
  };
}

/** The members of such an archive, in no order. */
export async function dockerArchiveMembers(
  store: Store,
  image: Descriptor,
  references: readonly Reference[],
  onTransfer?: OnTransfer,
): Promise<TarMember[]> {
  const tree = await readImageTree(store, image);
  const names = references.length > 0 ? namesOf(references) : [{}];
  const members = layoutMembers(store, tree, names, onTransfer);
  return [...members, jsonMember('manifest.json', dockerManifest(tree, references))];
}

/** The list of images that Docker's own importer goes by; Docker Image Specification v1.2. */
function dockerManifest(tree: ImageTree, references: readonly Reference[]): Json {
  const { config, layers } = onlyImage(tree);
  return [
    {
      Config: blobPath(config),
      RepoTags: references.length > 0 ? [...new Set(references.map(familiarReference))] : null,
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
