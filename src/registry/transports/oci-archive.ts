import { readImageTree } from '../image-tree.ts';
import { layoutMembers, writeArchive } from './archive.ts';
import { defaultTag, refNameAnnotation } from './oci-layout.ts';
import type { ImageDestination } from './transport.ts';

/** `oci-archive:FILE[:TAG]`: an OCI image layout in a tar, whose bytes depend on the image and the tag alone. */
export function ociArchiveDestination(file: string, tag = defaultTag): ImageDestination {
  return {
    name: `oci-archive:${file}:${tag}`,
    async write(store, image, onTransfer) {
      const tree = await readImageTree(store, image);
      await writeArchive(file, layoutMembers(store, tree, { [refNameAnnotation]: tag }, onTransfer));
    },
  };
}
