import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { stepError } from '../../core/index.ts';
import { lstatOf, resolveInRoot } from '../paths.ts';
import { fixedTime, InjectedLayer, notA, type InjectedFile } from './injected-layer.ts';

/** A file system that a step will see at some path, and in which something can still be laid for it to find. */
export interface Ground {
  /** Makes sure that there is a directory. @returns the path without symbolic links. */
  ensureDirectory(path: string): string;
  /** Makes sure that there is a file. @returns the path without symbolic links. */
  ensureFile(path: string): string;
  /** Lays a file, unless there is something at its path. */
  addFile(file: InjectedFile): void;
}

/** A file system in memory, which ends with the step. */
export class MemoryGround implements Ground {
  readonly #root: string;

  /** @param root where it can be reached from this process. */
  constructor(root: string) {
    this.#root = root;
  }

  ensureDirectory(path: string): string {
    const resolved = resolveInRoot(this.#root, path);
    if (this.#isThere(resolved) !== 'directory') {
      if (this.#isThere(posix.dirname(resolved)) !== 'directory')
        this.ensureDirectory(posix.dirname(resolved));
      if (this.#isThere(resolved) === 'file') throw notA('directory', path);
      mkdirSync(this.#root + resolved);
    }
    return resolved;
  }

  ensureFile(path: string): string {
    const resolved = resolveInRoot(this.#root, path);
    if (this.#isThere(resolved) === 'directory') throw notA('file', path);
    this.addFile({ path, content: '' });
    return resolved;
  }

  addFile({ path, content, mode = 0o644 }: InjectedFile): void {
    const resolved = resolveInRoot(this.#root, path);
    if (lstatOf(this.#root + resolved) !== undefined) return;
    this.ensureDirectory(posix.dirname(resolved));
    writeFileSync(this.#root + resolved, content);
    chmodSync(this.#root + resolved, mode);
    utimesSync(this.#root + resolved, fixedTime, fixedTime);
  }

  #isThere(resolved: string): 'directory' | 'file' | undefined {
    const stats = lstatOf(this.#root + resolved);
    return stats && (stats.isDirectory() ? 'directory' : 'file');
  }
}

/** Layers of which a part is mounted. What is laid in them goes into a layer of its own on top, made at first use. */
export class LayersGround implements Ground {
  readonly #view: string;
  readonly #source: string;
  readonly #directory: string;
  #layer: InjectedLayer | undefined;

  /**
   * @param view where the layers can be looked into.
   * @param source the part, without symbolic links.
   * @param directory of the layer on top; must not exist.
   */
  constructor(view: string, source: string, directory: string) {
    this.#view = view;
    this.#source = source;
    this.#directory = directory;
  }

  ensureDirectory(path: string): string {
    return this.#below(this.#made().ensureDirectory(this.#source + this.#resolved(path)));
  }

  ensureFile(path: string): string {
    return this.#below(this.#made().ensureFile(this.#source + this.#resolved(path)));
  }

  addFile(file: InjectedFile): void {
    const path = this.#source + this.#resolved(file.path);
    if (lstatOf(this.#view + path) === undefined) this.#made().addFile({ ...file, path });
  }

  /** The layer, if anything was laid. */
  finish(): string | undefined {
    this.#layer?.finish();
    return this.#layer && this.#directory;
  }

  #made(): InjectedLayer {
    return (this.#layer ??= new InjectedLayer(this.#view, this.#directory));
  }

  /** Links inside the part stay inside of it. */
  #resolved(path: string): string {
    return resolveInRoot(this.#view + this.#source, path);
  }

  #below(path: string): string {
    return this.#source === '/' ? path : path.slice(this.#source.length);
  }
}

/** Where nothing can be laid. */
export function noGround(target: string, why: string): Ground {
  const refuse = (path: string): never => {
    throw stepError('SANDBOX_MOUNT_TARGET', `nothing can be mounted at ${posix.join(target, path)}: ${why}`, {
      next: 'Name another target.',
    });
  };
  return { ensureDirectory: refuse, ensureFile: refuse, addFile: () => {} };
}
