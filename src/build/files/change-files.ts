import type { Layer } from '../cache.ts';
import { finishLayer, type FinishedLayer } from '../finish-layer.ts';
import { lowerDirectories } from '../layers.ts';
import type { BuildInProgress } from '../step.ts';

/**
 * Runs `change` on the merged root file system and makes a layer of what it did. `change` gets the root that it
 * writes to, and a view of the layers as they were.
 */
export async function changeFiles(
  builder: BuildInProgress,
  layers: readonly Layer[],
  work: string,
  change: (root: string, view: string) => Promise<void>,
): Promise<FinishedLayer> {
  const { sandbox } = builder.runtime;
  const lowers = await lowerDirectories(layers, builder.runtime);
  return sandbox.withView(lowers, work, async view => {
    const upper = await sandbox.changed(lowers, work, root => change(root, view));
    return finishLayer(builder, upper, lowers.length === 0 ? undefined : view, { injected: [] });
  });
}
