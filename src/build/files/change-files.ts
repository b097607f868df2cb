import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mountOverlay, unmount } from '../../sandbox/index.ts';
import type { Layer } from '../cache.ts';
import { finishLayer, type FinishedLayer } from '../finish-layer.ts';
import { lowerDirectories, withView } from '../layers.ts';
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
  const lowers = await lowerDirectories(layers, builder.runtime);
  const [upper, overlayWork, root] = ['upper', 'overlay-work', 'root'].map(name => join(work, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [upper, overlayWork, root]) await mkdir(directory, { mode: 0o755 });
  return withView(lowers, work, async view => {
    await mountOverlay({ lowers, upper, work: overlayWork, target: root, volatile: true });
    try {
      await change(root, view);
    } finally {
      await unmount(root);
    }
    return finishLayer(builder, upper, lowers.length === 0 ? undefined : view, { injected: [] });
  });
}
