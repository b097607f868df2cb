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
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { usageError, type SourcePlace } from '../../core/index.ts';
import { copyXattrs, makeFifo } from '../../image/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';
import { contextMode, type ModeChange } from './file-mode.ts';
import { entriesOf, type CopySource, type Selection } from './sources.ts';

export interface CopyRequest {
  readonly sources: readonly CopySource[];
  /** What of the sources is to be copied (`.dockerignore`). */
  readonly selection: Selection;
  /** The merged root file system that is written to. */
  readonly targetRoot: string;
  /** Absolute inside the root; a trailing `/` says that it is a directory. */
  readonly target: string;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly mode?: ModeChange | undefined;
  /**
   * `context`: what a checkout does not carry is made equal everywhere, as git does it: mode 0644 or 0755 by the
   * owner's execute bit, owner 0:0, one date, no attributes, no hard links. `image`: all of it is the source's own.
   */
  readonly metadata: 'context' | 'image';
  /** Whether what is in the way of a file or a directory is removed, as tar(1) does; otherwise it is an error. */
  readonly replaces?: boolean | undefined;
  /** Unix seconds. */
  readonly sourceDate: number;
  readonly where: SourcePlace;
}

/** Copies as BuildKit's COPY does. @throws HoldfastError COPY_TARGET (exit 2) */
export async function copyInto(request: CopyRequest): Promise<void> {
  for (const source of request.sources) {
    const stats = lstatSync(join(source.root, source.path));
    const resolved = resolveInRoot(request.targetRoot, request.target);
    const existing = lstatIfThere(request.targetRoot + resolved);
    const isInside =
      !stats.isDirectory() && (request.target.endsWith('/') || existing?.isDirectory() === true);
    const copier = new Copier(request, source);
    copier.copyTo(isInside ? join(resolved, source.name ?? basename(source.path)) : resolved);
    await copier.finish();
  }
}

/** A directory on the way to what is copied, made when the first file below it is. */
interface Leading {
  readonly below: string;
  readonly path: string;
  readonly target: string;
  readonly stats: Stats;
}

class Copier {
  readonly #request: CopyRequest;
  readonly #source: CopySource;
  /** First copy of a file with several names, by inode, so that hard links stay links. */
  readonly #links = new Map<number, string>();
  /** Directories whose metadata is set when nothing more goes into them. */
  readonly #directories: { readonly target: string; readonly stats: Stats }[] = [];
  /** Copied files and directories, source to target, whose attributes go along. */
  readonly #copied: (readonly [from: string, to: string])[] = [];

  constructor(request: CopyRequest, source: CopySource) {
    this.#request = request;
    this.#source = source;
  }

  /** @param target resolved, absolute inside the root: what the source itself becomes. */
  copyTo(target: string): void {
    const leading: Leading[] = [];
    const places = new Map<string, string>();
    for (const { path, below, stats, taken } of entriesOf(this.#source, this.#request.selection)) {
      const place = `${places.get(dirname(below)) ?? target}/${basename(below)}`;
      const to = below === '' ? target : taken ? place : this.#followed(place);
      if (stats.isDirectory()) places.set(below === '' ? '.' : below, to);
      if (below === '') {
        this.makeDirectories(stats.isDirectory() ? to : dirname(to));
        if (!stats.isDirectory()) this.#copyFile(path, to, stats);
        continue;
      }
      while (leading.length > 0 && !below.startsWith(`${leading.at(-1)?.below}/`)) leading.pop();
      if (!taken) {
        leading.push({ below, path, target: to, stats });
        continue;
      }
      for (const parent of leading.splice(0))
        this.#makeDirectory(parent.target, parent.stats, parent.path, false);
      if (stats.isDirectory()) this.#makeDirectory(to, stats, path, true);
      else this.#copyFile(path, to, stats);
    }
  }

  /** A directory that an archive does not hold itself, as for tar(1), may be a link to one in the image. */
  #followed(path: string): string {
    const { targetRoot, replaces } = this.#request;
    if (replaces !== true || !lstatIfThere(targetRoot + path)?.isSymbolicLink()) return path;
    const resolved = resolveInRoot(targetRoot, path);
    return lstatIfThere(targetRoot + resolved)?.isDirectory() ? resolved : path;
  }

  async finish(): Promise<void> {
    for (const { target, stats } of this.#directories.toReversed()) this.#setMetadata(target, stats);
    if (this.#request.metadata === 'image') await copyXattrs(this.#copied);
  }

  /** Makes what is missing of a path that is already resolved: 0755 or as `--chmod` says, owned as `--chown` says. */
  makeDirectories(path: string): void {
    const { targetRoot, owner, mode, sourceDate } = this.#request;
    let current = '';
    for (const name of path.split('/').filter(part => part !== '')) {
      current += `/${name}`;
      const stats = lstatIfThere(targetRoot + current);
      if (stats?.isDirectory()) continue;
      if (stats) throw this.#targetError(`${current} is not a directory`);
      mkdirSync(targetRoot + current);
      chmodSync(targetRoot + current, mode?.absolute ?? 0o755);
      chownSync(targetRoot + current, owner?.uid ?? 0, owner?.gid ?? 0);
      utimesSync(targetRoot + current, sourceDate, sourceDate);
    }
  }

  /** A directory below the source; one that is there keeps its metadata if it only leads to what is copied. */
  #makeDirectory(targetPath: string, stats: Stats, path: string, overwrite: boolean): void {
    const target = this.#request.targetRoot + targetPath;
    const existing = lstatIfThere(target);
    if (existing !== undefined && !existing.isDirectory()) {
      if (this.#request.replaces !== true) throw this.#targetError(`${targetPath} is not a directory`);
      rmSync(target);
    }
    const isNew = existing?.isDirectory() !== true;
    if (isNew) mkdirSync(target);
    if (!isNew && !overwrite) return;
    this.#directories.push({ target, stats });
    this.#copied.push([join(this.#source.root, path), target]);
  }

  #copyFile(path: string, targetPath: string, stats: Stats): void {
    const source = join(this.#source.root, path);
    const target = this.#request.targetRoot + targetPath;
    const isImage = this.#request.metadata === 'image';
    if (stats.isSocket() || stats.isBlockDevice() || stats.isCharacterDevice()) return; // Nothing that a COPY brings.
    this.#makeRoom(target, targetPath);
    const first = isImage && stats.nlink > 1 ? this.#links.get(stats.ino) : undefined;
    if (first !== undefined) {
      linkSync(first, target);
      return;
    }
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(source, 'buffer'), target);
    else if (stats.isFIFO()) makeFifo(target);
    else copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    if (isImage && stats.nlink > 1) this.#links.set(stats.ino, target);
    this.#setMetadata(target, stats);
    if (stats.isFile()) this.#copied.push([source, target]);
  }

  #makeRoom(target: string, targetPath: string): void {
    const existing = lstatIfThere(target);
    if (existing === undefined) return;
    const replaces = this.#request.replaces === true;
    if (existing.isDirectory() && !replaces) throw this.#targetError(`${targetPath} is a directory`);
    rmSync(target, { recursive: replaces });
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
    const own = context ? contextMode(stats) : stats.mode & 0o7777;
    chmodSync(target, mode === undefined ? own : mode.apply(own, stats.isDirectory()));
    utimesSync(target, seconds, seconds);
  }

  #targetError(why: string) {
    return usageError('COPY_TARGET', `cannot copy: ${why}`, {
      next: 'Name another destination; COPY replaces files by files and adds to directories.',
      where: this.#request.where,
    });
  }
}

function lstatIfThere(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
