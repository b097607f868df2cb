import { Digester, usageError, type Digest } from '../../core/index.ts';
import { gzip } from '../gzip.ts';
import { chunkBuffer } from '../filesystem/content.ts';
import { ContentSearch } from '../normalise/content-search.ts';
import type { Rule } from '../normalise/rules.ts';
import { layerArchive } from './archive.ts';
import { LayerTree, NotPlanned, type PlannedFile } from './layer-tree.ts';
import { factsOfLayer, normalise, type WrittenLayer } from './write-layer.ts';

export interface LayerPlan {
  /** What would lie in the upper directory, each directory before what it holds. */
  readonly files: readonly PlannedFile[];
  /** A merged view of all layers below, which is only read. */
  readonly lower: string;
  /** Unix seconds; no time in the layer is later. */
  readonly sourceDate: number;
  /** `rules`, or those of them that are switched on. */
  readonly rules: readonly Rule[];
}

export interface PlannedLayer extends Pick<WrittenLayer, 'diffId' | 'size' | 'empty'> {
  /** The uncompressed layer, read from where the files are. @throws HoldfastError FILE_CHANGED (exit 2) at its end. */
  archive(): AsyncIterable<Uint8Array>;
  blob(): AsyncIterable<Uint8Array>;
}

/**
 * The layer that `writeLayer` would write if the files were copied into an upper directory, without copying them.
 * @returns nothing where that cannot be told without the directory
 * @throws HoldfastError FILE_CHANGED (exit 2), LAYER_NAME_RESERVED (exit 6)
 */
export async function planLayer(plan: LayerPlan): Promise<PlannedLayer | undefined> {
  const { files, lower, sourceDate } = plan;
  let tree: LayerTree;
  try {
    tree = await LayerTree.planned(files, lower);
    normalise(tree, plan, new ContentSearch(tree, []), () => {});
  } catch (error) {
    if (error instanceof NotPlanned) return undefined;
    throw error;
  }
  const facts = await factsOfLayer(tree, sourceDate).catch((error: unknown) => {
    throw changedMeanwhile(error);
  });
  const archive = (lent?: Buffer) => unchanged(layerArchive(tree, sourceDate, lent), facts.diffId);
  return { ...facts, archive: () => archive(), blob: () => gzip(archive(chunkBuffer())) };
}

/** Others may write to the files while they are read a second time. */
async function* unchanged(
  archive: AsyncIterable<Uint8Array>,
  diffId: Digest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digester = new Digester();
  try {
    for await (const chunk of archive) {
      digester.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw changedMeanwhile(error);
  }
  if (digester.digest() !== diffId) throw changedMeanwhile();
}

function changedMeanwhile(cause?: unknown): Error {
  return usageError('FILE_CHANGED', 'a file of the context changed while it was copied', {
    next: 'Build again when nothing writes to the context.',
    cause,
  });
}
