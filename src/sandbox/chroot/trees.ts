import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isOpaque, readTreeXattrs, type ByteString } from '../../image/index.ts';
import { copyTree } from './copy-tree.ts';
import { mergeLayer } from './merge-layer.ts';
import { Pool } from './pool.ts';
import { restorePaths } from './restore.ts';
import { snapshotOf } from './snapshot.ts';

/** A copy of merged layers in which a step may do as it likes. */
export interface WorkingRoot {
  readonly directory: string;
  /** Paths that are not, or may not be, as they are in the layers any more. */
  readonly touched: Set<ByteString>;
}

/**
 * Layers merged on disk, where no overlay can be mounted: views, which are only read, and working roots. Both are kept
 * from step to step and brought up to date, so that a step costs what it changes, not what it stands on.
 */
export class Trees {
  readonly #directory: () => string;
  readonly #views = new Map<string, SharedView>();
  readonly #idleViews = new Pool<string>(4, path => path);
  readonly #idleRoots = new Pool<WorkingRoot>(3, ({ directory }) => directory);
  #last = 0;

  /** @param directory where the trees are made, on the file system of the layers; made at first use. */
  constructor(directory: string) {
    let made = false;
    this.#directory = () => {
      if (!made) mkdirSync(directory, { recursive: true, mode: 0o755 });
      made = true;
      this.#last += 1;
      return join(directory, String(this.#last));
    };
  }

  /** Runs `use` on a view of the layers, which nobody may write to. */
  async withView<Result>(lowers: readonly string[], use: (view: string) => Promise<Result>): Promise<Result> {
    const key = lowers.join('\0');
    const shared = this.#views.get(key) ?? { users: 0, path: this.#merged(lowers) };
    this.#views.set(key, shared);
    shared.users += 1;
    let path: string | undefined;
    try {
      path = await shared.path;
      return await use(path);
    } finally {
      shared.users -= 1;
      if (shared.users === 0) {
        this.#views.delete(key);
        if (path !== undefined) this.#idleViews.put(lowers, path);
      }
    }
  }

  /** Runs `use` on a copy of the layers. @param view of the same. */
  async withRoot<Result>(
    lowers: readonly string[],
    view: string,
    use: (root: WorkingRoot) => Promise<Result>,
  ): Promise<Result> {
    const root = await this.#copied(lowers, view);
    try {
      const result = await use(root);
      this.#idleRoots.put(lowers, root);
      return result;
    } catch (error) {
      this.#idleRoots.drop(root);
      throw error;
    }
  }

  async #merged(lowers: readonly string[]): Promise<string> {
    const idle = this.#idleViews.take(lowers);
    const path = idle?.item ?? this.#newDirectory();
    try {
      const missing = lowers.slice(0, lowers.length - (idle?.lowers.length ?? 0));
      for (const layer of missing.toReversed()) await mergeLayer(layer, path);
      return path;
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      throw error;
    }
  }

  async #copied(lowers: readonly string[], view: string): Promise<WorkingRoot> {
    const idle = this.#idleRoots.take(lowers);
    if (idle !== undefined) {
      const { item: root } = idle;
      const more = await pathsOf(lowers.slice(0, lowers.length - idle.lowers.length));
      if (more !== undefined) {
        await restorePaths(view, root.directory, new Set([...root.touched, ...more]));
        root.touched.clear();
        return root;
      }
      this.#idleRoots.drop(root);
    }
    const directory = this.#newDirectory();
    await copyTree(view, directory);
    return { directory, touched: new Set() };
  }

  #newDirectory(): string {
    const path = this.#directory();
    mkdirSync(path);
    chmodSync(path, 0o755); // Whatever the mask of who builds.
    return path;
  }
}

interface SharedView {
  users: number;
  readonly path: Promise<string>;
}

/** The paths that layers speak of; nothing where one hides paths without naming them. */
async function pathsOf(layers: readonly string[]): Promise<ByteString[] | undefined> {
  const paths: ByteString[] = [];
  for (const layer of layers) {
    const xattrs = await readTreeXattrs(layer);
    if ([...xattrs.values()].some(isOpaque)) return undefined;
    paths.push(...snapshotOf(layer).keys());
  }
  return paths;
}
