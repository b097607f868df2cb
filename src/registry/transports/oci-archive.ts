import { readImageTree } from '../image-tree.ts';
import type { Reference } from '../reference.ts';
import { layoutMembers, writeArchive } from './archive.ts';
import { defaultTag, layoutNames } from './layout-names.ts';
import type { ImageDestination } from './transport.ts';

/**
 * `oci-archive:FILE[:TAG]`: an OCI image layout in a tar, whose bytes depend on the image and its names alone.
 * @param references names that the image has instead of the tag
 */
export function ociArchiveDestination(
  file: string,
  tag = defaultTag,
  references: readonly Reference[] = [],
): ImageDestination {
  return {
    name: `oci-archive:${file}:${tag}`,
    async write(store, image, onTransfer) {
      const tree = await readImageTree(store, image);
      await writeArchive(file, layoutMembers(store, tree, layoutNames(references, tag), onTransfer));
    },
  };
}
