import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { errnoOf } from '../../core/index.ts';
import {
  byteString,
  factsOf,
  isOpaque,
  joined,
  layerXattrs,
  readTreeXattrs,
  within,
  writeXattrs,
  type ByteString,
  type Xattrs,
} from '../../image/index.ts';
import { copyFiles } from './copy-tree.ts';

type Locate = (path: ByteString) => Buffer;

/**
 * Puts a layer over the file system in `view`, as overlayfs would. Files become further names of the layer's own, which
 * costs neither time nor room; so nobody may ever write to a view.
 */
export async function mergeLayer(layer: string, view: string): Promise<void> {
  await new Merge(layer, view, await readTreeXattrs(layer)).run();
}

class Merge {
  readonly #layer: string;
  readonly #view: string;
  readonly #from: Locate;
  readonly #to: Locate;
  readonly #xattrs: ReadonlyMap<ByteString, Xattrs>;
  readonly #directories: ByteString[] = [''];
  /** Files that cannot have one more name. */
  readonly #copied: ByteString[] = [];

  constructor(layer: string, view: string, xattrs: ReadonlyMap<ByteString, Xattrs>) {
    this.#layer = layer;
    this.#view = view;
    this.#from = within(layer);
    this.#to = within(view);
    this.#xattrs = xattrs;
  }

  async run(): Promise<void> {
    this.#walk('', readdirSync(this.#view).length > 0);
    await copyFiles(this.#layer, this.#view, this.#copied);
    await this.#settle();
  }

  /** @param covers whether the view may have something at the paths in this directory. */
  #walk(directory: ByteString, covers: boolean): void {
    for (const entry of readdirSync(this.#from(directory), { withFileTypes: true, encoding: 'buffer' })) {
      const path = joined(directory, byteString(entry.name));
      if (entry.isDirectory()) this.#walk(path, this.#placeDirectory(path, covers));
      else {
        if (covers) rmSync(this.#to(path), { recursive: true, force: true });
        if (!(entry.isCharacterDevice() && factsOf(this.#from(path))?.type === 'whiteout')) this.#link(path);
      }
    }
  }

  /** @returns whether something of the layers below is left in it. */
  #placeDirectory(path: ByteString, covers: boolean): boolean {
    this.#directories.push(path);
    const there = covers ? lstatSync(this.#to(path), { throwIfNoEntry: false }) : undefined;
    const merges = there?.isDirectory() === true && !isOpaque(this.#xattrs.get(path) ?? new Map());
    if (there !== undefined && !merges) rmSync(this.#to(path), { recursive: true, force: true });
    if (!merges) mkdirSync(this.#to(path), 0o700);
    return merges;
  }

  #link(path: ByteString): void {
    try {
      linkSync(this.#from(path), this.#to(path));
    } catch (error) {
      if (errnoOf(error) !== 'EMLINK') throw error;
      this.#copied.push(path);
    }
  }

  /** Directories get what the layer says of them, times last. */
  async #settle(): Promise<void> {
    const stats = this.#directories.map(path => ({ path, stat: lstatSync(this.#from(path)) })).toReversed();
    for (const { path, stat } of stats) {
      lchownSync(this.#to(path), stat.uid, stat.gid);
      chmodSync(this.#to(path), stat.mode & 0o7777);
    }
    const assignments = this.#directories.map(path => ({
      path,
      xattrs: layerXattrs(this.#xattrs.get(path) ?? new Map()),
    }));
    await writeXattrs(this.#view, assignments);
    for (const { path, stat } of stats) lutimesSync(this.#to(path), stat.atimeMs / 1000, stat.mtimeMs / 1000);
  }
}
