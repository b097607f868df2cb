import { layerArchive } from './archive.ts';
import { LayerTree } from './layer-tree.ts';

/** A whole root file system as one canonical archive; it is only read. No time in it is after `sourceDate`. */
export async function* rootArchive(root: string, sourceDate: number): AsyncGenerator<Buffer> {
  yield* layerArchive(await LayerTree.scan(root, undefined), sourceDate);
}
