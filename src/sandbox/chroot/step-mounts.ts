import { chmodSync, chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { lstatOf, resolveInRoot } from '../paths.ts';
import { type SocketServer, serveSocket } from '../step/sockets.ts';
import { inOrder, missingSource } from '../step/mount-targets.ts';
import type { StepMount } from '../step/step-types.ts';
import { copyTree } from './copy-tree.ts';
import type { Placements, Position } from './placements.ts';
import { changesBetween, type Snapshot, snapshotOf } from './snapshot.ts';
import type { Trees } from './trees.ts';
import { moveChanges } from './upper.ts';

type LayersMount = Extract<StepMount, { type: 'layers' }>;

/** What is to be kept of what a step writes to a mount. */
interface Kept {
  readonly at: string;
  readonly before: Snapshot;
  /** The part of the layers that it is. */
  readonly source: string;
  readonly upper: string;
  readonly lowers: readonly string[];
}

/**
 * A step's own mounts where nothing can be mounted: copies of what they hold, which go with the step. A file's content,
 * of a secret too, is then on the disk while the step runs, and a mount that is only to be read can be written to, in vain.
 */
export class CopiedMounts {
  readonly #root: string;
  readonly #placements: Placements;
  readonly #trees: Trees;
  readonly #mounted: {
    readonly target: string;
    readonly position: Position;
    readonly kept: Kept | undefined;
  }[] = [];
  readonly #servers: SocketServer[] = [];

  constructor(root: string, placements: Placements, trees: Trees) {
    this.#root = root;
    this.#placements = placements;
    this.#trees = trees;
  }

  /** Puts the mounts into the root, parents first. */
  async place(mounts: readonly StepMount[]): Promise<void> {
    for (const mount of inOrder(mounts)) {
      const target = resolveInRoot(this.#root, mount.target);
      const { position } = this.#placements;
      this.#mounted.push({ target, position, kept: await this.#place(mount) });
    }
  }

  /** Whether a path of the root lies in one of the mounts. */
  holds(path: string): boolean {
    const resolved = resolveInRoot(this.#root, path);
    return this.#mounted.some(({ target }) => resolved === target || resolved.startsWith(`${target}/`));
  }

  /** Takes the mounts away, and keeps what the step wrote where that is wanted. Call when nothing runs any more. */
  async remove(): Promise<void> {
    for (const { position, kept } of this.#mounted.splice(0).toReversed()) {
      if (kept !== undefined) await this.#keep(kept);
      this.#placements.removeSince(position);
    }
  }

  /** Ends what serves the step. */
  [Symbol.dispose](): void {
    for (const server of this.#servers) server.close();
  }

  async #place(mount: StepMount): Promise<Kept | undefined> {
    const { target } = mount;
    switch (mount.type) {
      case 'layers':
        return this.#placeLayers(mount);
      case 'tmpfs':
        this.#placements.coverDirectory(target, mount.readOnly ? 0o555 : 0o1777);
        return undefined;
      case 'file':
        this.#placements.cover(target, at => {
          writeFileSync(at, mount.content, { mode: 0o600 });
          chownSync(at, mount.uid, mount.gid);
          chmodSync(at, mount.mode & 0o777);
        });
        return undefined;
      case 'socket': {
        const path = this.#placements.cover(target, () => {});
        this.#servers.push(await serveSocket(dirname(path), basename(path), mount));
        return undefined;
      }
    }
  }

  async #placeLayers({ target, lowers, source: text, writes }: LayersMount): Promise<Kept | undefined> {
    return this.#trees.withView(lowers, async view => {
      const source = resolveInRoot(view, text);
      const stats = lstatOf(view + source);
      if (stats === undefined) throw missingSource(text, target);
      if (!stats.isDirectory()) {
        const at = this.#placements.cover(target, () => {});
        await copyTree(view + source, at);
        return undefined;
      }
      const at = this.#placements.coverDirectory(target);
      await copyTree(view + source, at);
      if (typeof writes === 'string') return undefined;
      if (source === '/') {
        const { uid, gid, mode } = lstatSync(writes.upper);
        chownSync(at, uid, gid);
        chmodSync(at, mode & 0o7777);
      }
      return { at, before: snapshotOf(at), source, upper: writes.upper, lowers };
    });
  }

  async #keep({ at, before, source, upper, lowers }: Kept): Promise<void> {
    const target = source === '/' ? upper : upper + source;
    if (source !== '/')
      await this.#trees.withView(lowers, async view => makeParents(view, upper, posix.dirname(source)));
    await moveChanges(at, target, changesBetween(before, snapshotOf(at)));
  }
}

/** Makes the directories on the way to a part of a layer as they are in the layers below. */
function makeParents(view: string, upper: string, directory: string): void {
  if (directory === '/' || lstatOf(upper + directory) !== undefined) return;
  makeParents(view, upper, posix.dirname(directory));
  const { uid, gid, mode } = lstatSync(view + directory);
  mkdirSync(upper + directory);
  chownSync(upper + directory, uid, gid);
  chmodSync(upper + directory, mode & 0o7777);
}
