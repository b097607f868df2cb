import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { usageError, type SourcePlace } from '../core/index.ts';
import { resolveInRoot } from '../sandbox/index.ts';
import type { Selection } from './copy-sources.ts';

/** One matched source of a COPY: a file or directory below `root`. */
export interface CopySource {
  readonly root: string;
  /** Relative to `root`, with `/`, no leading one; empty for the root itself. */
  readonly path: string;
}

export interface CopyRequest {
  readonly sources: readonly CopySource[];
  /** What of the sources is to be copied (`.dockerignore`). */
  readonly selection: Selection;
  /** The merged root file system that is written to. */
  readonly targetRoot: string;
  /** Absolute inside the root; a trailing `/` says that it is a directory. */
  readonly target: string;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly mode?: number | undefined;
  /**
   * `context`: what a checkout does not carry is made equal everywhere, as git does it: mode 0644 or 0755 by the
   * owner's execute bit, owner 0:0, one date. `image`: modes, owners and dates are the source's own.
   */
  readonly metadata: 'context' | 'image';
  /** Unix seconds. */
  readonly sourceDate: number;
  readonly where: SourcePlace;
}

/** Copies as BuildKit's COPY does. @throws HoldfastError COPY_TARGET (exit 2) */
export async function copyInto(request: CopyRequest): Promise<void> {
  const many = request.sources.length > 1 || request.target.endsWith('/');
  for (const source of request.sources) {
    const stats = lstatSync(join(source.root, source.path));
    const resolved = resolveInRoot(request.targetRoot, request.target);
    const existing = lstatIfThere(request.targetRoot + resolved);
    const intoDirectory = stats.isDirectory() || many || existing?.isDirectory() === true;
    const copier = new Copier(request, source.root);
    if (!intoDirectory) {
      copier.makeDirectories(dirname(resolved));
      copier.copy(source.path, resolved, stats);
      continue;
    }
    copier.makeDirectories(resolved);
    if (stats.isDirectory()) copier.copyChildren(source.path, resolved);
    else copier.copy(source.path, join(resolved, basename(source.path)), stats);
  }
}

class Copier {
  readonly #request: CopyRequest;
  readonly #sourceRoot: string;
  /** First copy of a file with several names, by inode, so that hard links stay links. */
  readonly #links = new Map<string, string>();

  constructor(request: CopyRequest, sourceRoot: string) {
    this.#request = request;
    this.#sourceRoot = sourceRoot;
  }

  /** Makes what is missing of a path that is already resolved: 0755, owned as `--chown` says. */
  makeDirectories(path: string): void {
    const { targetRoot, owner, sourceDate } = this.#request;
    let current = '';
    for (const name of path.split('/').filter(part => part !== '')) {
      current += `/${name}`;
      const stats = lstatIfThere(targetRoot + current);
      if (stats?.isDirectory()) continue;
      if (stats) throw this.#targetError(`${current} is not a directory`);
      mkdirSync(targetRoot + current);
      chmodSync(targetRoot + current, 0o755);
      chownSync(targetRoot + current, owner?.uid ?? 0, owner?.gid ?? 0);
      utimesSync(targetRoot + current, sourceDate, sourceDate);
    }
  }

  copyChildren(sourcePath: string, targetPath: string): void {
    const names = readdirSync(join(this.#sourceRoot, sourcePath)).toSorted();
    for (const name of names) {
      const path = sourcePath === '' ? name : `${sourcePath}/${name}`;
      this.copy(path, join(targetPath, name), lstatSync(join(this.#sourceRoot, path)));
    }
  }

  copy(sourcePath: string, targetPath: string, stats: Stats): void {
    const taken = this.#request.selection.takes(sourcePath);
    if (stats.isDirectory()) {
      if (!taken && !this.#request.selection.descends(sourcePath)) return;
      // An ignored directory may hold files that a later `!` pattern brings back; it is then made as a parent is.
      if (taken) this.makeDirectories(targetPath);
      this.copyChildren(sourcePath, targetPath);
      if (taken) this.#setMetadata(this.#request.targetRoot + targetPath, stats);
    } else if (taken) {
      this.makeDirectories(dirname(targetPath));
      this.#copyFile(join(this.#sourceRoot, sourcePath), targetPath, stats);
    }
  }

  #copyFile(source: string, targetPath: string, stats: Stats): void {
    const target = this.#request.targetRoot + targetPath;
    this.#removeFile(target, targetPath);
    const first = stats.nlink > 1 ? this.#links.get(String(stats.ino)) : undefined;
    if (first !== undefined) {
      linkSync(first, target);
      return;
    }
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (stats.isFile())
      copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    else return; // Sockets, fifos and devices are nothing that a COPY brings over.
    if (stats.nlink > 1) this.#links.set(String(stats.ino), target);
    this.#setMetadata(target, stats);
  }

  #removeFile(target: string, targetPath: string): void {
    const existing = lstatIfThere(target);
    if (existing?.isDirectory()) throw this.#targetError(`${targetPath} is a directory`);
    if (existing) rmSync(target);
  }

  #setMetadata(target: string, stats: Stats): void {
    const { owner, mode, metadata, sourceDate } = this.#request;
    const context = metadata === 'context';
    const uid = owner?.uid ?? (context ? 0 : stats.uid);
    const gid = owner?.gid ?? (context ? 0 : stats.gid);
    const seconds = context ? sourceDate : Math.floor(stats.mtimeMs / 1000);
    lchownSync(target, uid, gid);
    if (stats.isSymbolicLink()) {
      lutimesSync(target, seconds, seconds);
      return;
    }
    chmodSync(target, mode ?? (context ? contextMode(stats) : stats.mode & 0o7777));
    utimesSync(target, seconds, seconds);
  }

  #targetError(why: string) {
    return usageError('COPY_TARGET', `cannot copy: ${why}`, {
      next: 'Name another destination; COPY replaces files by files and adds to directories.',
      where: this.#request.where,
    });
  }
}

/** What git would check out: it keeps one bit of a mode, the owner's execute bit. */
export function contextMode(stats: Stats): number {
  return stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644;
}

function lstatIfThere(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
