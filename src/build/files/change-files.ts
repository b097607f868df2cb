import type { Layer } from '../cache.ts';
import { finishLayer, finishPlanned, type FinishedLayer } from '../finish-layer.ts';
import { lowerDirectories } from '../layers.ts';
import type { BuildInProgress } from '../step.ts';
import { filesBelow, type CopyTarget } from './copy-target.ts';
import { PlannedFiles } from './planned-files.ts';

/** Gets the root file system that it writes to, and a view of the layers as they were. */
type Change = (root: CopyTarget, view: string) => Promise<void>;

/**
 * Runs `change` on the merged root file system and makes a layer of what it did.
 * @param plans whether that may happen without the files being written; `change` is then run a second time if it cannot.
 */
export async function changeFiles(
  builder: BuildInProgress,
  layers: readonly Layer[],
  work: string,
  change: Change,
  plans = false,
): Promise<FinishedLayer> {
  const { sandbox } = builder.runtime;
  const lowers = await lowerDirectories(layers, builder.runtime);
  return sandbox.withView(lowers, work, async view => {
    if (plans) {
      const files = new PlannedFiles(view, builder.input.ledger.sourceDate);
      await change(files, view);
      const finished = await finishPlanned(builder, files, view);
      if (finished !== undefined) return finished;
    }
    const upper = await sandbox.changed(lowers, work, root => change(filesBelow(root), view));
    return finishLayer(builder, upper, lowers.length === 0 ? undefined : view, { injected: [] });
  });
}
