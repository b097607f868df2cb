import {
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { lstatOf, resolveInRoot } from '../paths.ts';
import { fixedTime, type InjectedFile, notA } from '../step/injected-layer.ts';
import { stampOf } from './snapshot.ts';

/** Something that was put into a root. Paths are within the root, absolute and without symbolic links. */
interface Placed {
  readonly path: string;
  /** Where that is kept which was there before. */
  readonly kept: string | undefined;
  /** What it was when it was put there: untouched it goes again. Nothing for what goes in any case. */
  readonly stamp: string | undefined;
}

/** A moment in the laying of things. */
export interface Position {
  readonly placed: number;
  readonly made: number;
}

/**
 * Lays things over a step's root without any mount, and takes them away again when the step has ended. What stood in
 * their place comes back; a directory that was only made to hold them goes, unless the step put something into it.
 * The times of directories are those that they would have if nothing had been laid.
 */
export class Placements {
  readonly #root: string;
  readonly #aside: string;
  readonly #placed: Placed[] = [];
  readonly #made: string[] = [];
  readonly #restored = new Set<string>();
  /** Directories in which something was laid: the time before, and the exact one that was then set. */
  readonly #times = new Map<string, { readonly before: Date; readonly set: bigint }>();

  /** @param aside a directory on the same file system, which must not exist; removed in the end. */
  constructor(root: string, aside: string) {
    this.#root = root;
    this.#aside = aside;
    mkdirSync(aside);
  }

  /** What was laid or made, sorted: a change there is no change of the image's own. */
  get paths(): string[] {
    return [...new Set([...this.#made, ...this.#placed.map(({ path }) => path)])].toSorted();
  }

  /** Puts a new directory in the place of what is there, until the end of the step. @returns where it is. */
  coverDirectory(path: string, mode = 0o755): string {
    return this.cover(path, at => {
      mkdirSync(at);
      chmodSync(at, mode); // Whatever the mask of who builds.
    });
  }

  /** Puts what `make` makes in the place of what is there, until the end of the step. @returns where it is. */
  cover(path: string, make: (at: string) => void): string {
    const resolved = resolveInRoot(this.#root, path);
    const kept = this.#clear(resolved);
    make(this.#root + resolved);
    this.#placed.push({ path: resolved, kept, stamp: undefined });
    this.#settleParent(resolved);
    return this.#root + resolved;
  }

  /** Lays a file, which stays if the step changes it. @param options.always even where there is something. */
  layFile({ path, content, mode = 0o644 }: InjectedFile, options: { readonly always: boolean }): void {
    const resolved = resolveInRoot(this.#root, path);
    const there = lstatOf(this.#root + resolved);
    if (there !== undefined && !options.always) return;
    if (there?.isDirectory()) throw notA('file', path);
    const kept = this.#clear(resolved);
    const at = this.#root + resolved;
    writeFileSync(at, content);
    chmodSync(at, mode);
    utimesSync(at, fixedTime, fixedTime);
    this.#placed.push({ path: resolved, kept, stamp: stampOf(at) });
    this.#settleParent(resolved);
  }

  /** Takes away what was laid since `position`. */
  removeSince(position: Position): void {
    for (const { path, kept, stamp } of this.#placed.splice(position.placed).toReversed()) {
      // A link of the step's on the way would lead out of the root.
      if (!this.#isWithinDirectories(path)) continue;
      const at = this.#root + path;
      const there = lstatOf(at);
      if (stamp !== undefined && (there === undefined || stampOf(at) !== stamp)) continue;
      this.#inParent(path, () => {
        rmSync(at, { recursive: true, force: true });
        if (kept === undefined) return;
        renameSync(kept, at);
        this.#restored.add(path);
      });
    }
    for (const path of this.#made.splice(position.made).toReversed()) {
      if (this.#isWithinDirectories(path)) this.#inParent(path, () => removeEmpty(this.#root + path));
    }
  }

  /** What was there before, and is again: the step cannot have changed it. */
  get restored(): ReadonlySet<string> {
    return this.#restored;
  }

  /** Takes away all. */
  remove(): void {
    this.removeSince({ placed: 0, made: 0 });
    rmSync(this.#aside, { recursive: true, force: true });
  }

  /** How much has been laid so far. */
  get position(): Position {
    return { placed: this.#placed.length, made: this.#made.length };
  }

  /** Makes the place empty. @returns where that is kept which was there. */
  #clear(resolved: string): string | undefined {
    this.#ensureDirectory(posix.dirname(resolved));
    this.#noteTime(posix.dirname(resolved));
    if (lstatOf(this.#root + resolved) === undefined) return undefined;
    const kept = join(this.#aside, String(this.#placed.length));
    renameSync(this.#root + resolved, kept);
    return kept;
  }

  #ensureDirectory(path: string): void {
    const there = lstatOf(this.#root + path);
    if (there?.isDirectory()) return;
    if (there !== undefined) throw notA('directory', path);
    this.#ensureDirectory(posix.dirname(path));
    this.#noteTime(posix.dirname(path));
    mkdirSync(this.#root + path);
    chmodSync(this.#root + path, 0o755);
    this.#made.push(path);
    utimesSync(this.#root + path, fixedTime, fixedTime);
    this.#settleParent(path);
  }

  #noteTime(directory: string): void {
    if (this.#times.has(directory)) return;
    const { mtime, mtimeNs } = lstatSync(this.#root + directory, { bigint: true });
    this.#times.set(directory, { before: mtime, set: mtimeNs });
  }

  #settleParent(path: string): void {
    const parent = posix.dirname(path);
    const noted = this.#times.get(parent);
    if (noted === undefined) return;
    utimesSync(this.#root + parent, noted.before, noted.before);
    const { mtimeNs } = lstatSync(this.#root + parent, { bigint: true });
    this.#times.set(parent, { before: noted.before, set: mtimeNs });
  }

  /** Changes a directory; its time is then the step's own or, if that did nothing there, the one from before. */
  #inParent(path: string, change: () => void): void {
    const parent = posix.dirname(path);
    const { mtime, mtimeNs } = lstatSync(this.#root + parent, { bigint: true });
    const noted = this.#times.get(parent);
    change();
    const time = noted?.set === mtimeNs ? noted.before : mtime;
    utimesSync(this.#root + parent, time, time);
    if (noted?.set === mtimeNs) this.#settleParent(path);
  }

  #isWithinDirectories(path: string): boolean {
    for (let parent = posix.dirname(path); parent !== '/'; parent = posix.dirname(parent))
      if (!lstatOf(this.#root + parent)?.isDirectory()) return false;
    return true;
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // The step put something into it, or took it away itself.
    return;
  }
}
