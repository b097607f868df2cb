import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { usageError, type SourcePlace } from '../../core/index.ts';
import type { CopyTarget } from './copy-target.ts';
import { contextMode, type ModeChange } from './file-mode.ts';
import { entriesOf, type CopySource, type Selection } from './sources.ts';

export interface CopyRequest {
  readonly sources: readonly CopySource[];
  /** What of the sources is to be copied (`.dockerignore`). */
  readonly selection: Selection;
  /** The root file system that is written to. */
  readonly into: CopyTarget;
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
    const resolved = request.into.resolve(request.target);
    const isInside =
      !stats.isDirectory() && (request.target.endsWith('/') || request.into.typeAt(resolved) === 'directory');
    const copier = new Copier(request, source);
    const to = isInside ? join(resolved, source.name ?? basename(source.path)) : resolved;
    copier.copyTo(to === '/' ? '' : to);
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

  /** @param target resolved, absolute inside the root, which itself is empty: what the source itself becomes. */
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
    const { into, replaces } = this.#request;
    if (replaces !== true || into.typeAt(path) !== 'symlink') return path;
    const resolved = into.resolve(path);
    return into.typeAt(resolved) === 'directory' ? resolved : path;
  }

  async finish(): Promise<void> {
    for (const { target, stats } of this.#directories.toReversed()) this.#setMetadata(target, stats);
    if (this.#request.metadata === 'image') await this.#request.into.takeXattrs(this.#copied);
  }

  /** Makes what is missing of a path that is already resolved: 0755 or as `--chmod` says, owned as `--chown` says. */
  makeDirectories(path: string): void {
    const { into, owner, mode, sourceDate } = this.#request;
    let current = '';
    for (const name of path.split('/').filter(part => part !== '')) {
      current += `/${name}`;
      const type = into.typeAt(current);
      if (type === 'directory') continue;
      if (type !== undefined) throw this.#targetError(`${current} is not a directory`);
      into.makeDirectory(current);
      const [uid, gid] = [owner?.uid ?? 0, owner?.gid ?? 0];
      into.describe(current, { uid, gid, mode: mode?.absolute ?? 0o755, seconds: sourceDate });
    }
  }

  /** A directory below the source; one that is there keeps its metadata if it only leads to what is copied. */
  #makeDirectory(target: string, stats: Stats, path: string, overwrite: boolean): void {
    const { into, replaces } = this.#request;
    const existing = into.typeAt(target);
    const isNew = existing !== 'directory';
    if (isNew && existing !== undefined) {
      if (replaces !== true) throw this.#targetError(`${target} is not a directory`);
      into.remove(target);
    }
    if (isNew) into.makeDirectory(target);
    if (!isNew && !overwrite) return;
    this.#directories.push({ target, stats });
    this.#copied.push([join(this.#source.root, path), target]);
  }

  #copyFile(path: string, target: string, stats: Stats): void {
    const source = join(this.#source.root, path);
    const { into } = this.#request;
    const isImage = this.#request.metadata === 'image';
    if (stats.isBlockDevice() || stats.isCharacterDevice()) return; // Nothing that a COPY brings.
    this.#makeRoom(target);
    const first = isImage && stats.nlink > 1 ? this.#links.get(stats.ino) : undefined;
    if (first !== undefined) {
      into.putHardLink(first, target);
      return;
    }
    if (stats.isSymbolicLink()) into.putLink(readlinkSync(source, 'buffer'), target);
    else if (stats.isFIFO()) into.putFifo(target);
    // A socket is an empty file, as BuildKit makes it.
    else into.putFile(stats.isSocket() ? '/dev/null' : source, stats, target);
    if (isImage && stats.nlink > 1) this.#links.set(stats.ino, target);
    this.#setMetadata(target, stats);
    if (stats.isFile()) this.#copied.push([source, target]);
  }

  #makeRoom(target: string): void {
    const existing = this.#request.into.typeAt(target);
    if (existing === undefined) return;
    if (existing === 'directory' && this.#request.replaces !== true)
      throw this.#targetError(`${target} is a directory`);
    this.#request.into.remove(target);
  }

  #setMetadata(target: string, stats: Stats): void {
    const { owner, mode, metadata, sourceDate } = this.#request;
    const context = metadata === 'context';
    const uid = owner?.uid ?? (context ? 0 : stats.uid);
    const gid = owner?.gid ?? (context ? 0 : stats.gid);
    const seconds = context ? sourceDate : Math.floor(stats.mtimeMs / 1000);
    const own = context ? contextMode(stats) : stats.mode & 0o7777;
    const changed = mode === undefined ? own : mode.apply(own, stats.isDirectory());
    this.#request.into.describe(target, {
      uid,
      gid,
      mode: stats.isSymbolicLink() ? undefined : changed,
      seconds,
    });
  }

  #targetError(why: string) {
    return usageError('COPY_TARGET', `cannot copy: ${why}`, {
      next: 'Name another destination; COPY replaces files by files and adds to directories.',
      where: this.#request.where,
    });
  }
}
