import { chmodSync, lchownSync, mkdirSync, type Stats, utimesSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { stepError } from '../../core/index.ts';
import { lstatOf, resolveInRoot } from '../paths.ts';

export interface InjectedFile {
  /** Absolute, in the image. Symbolic links of the image are followed. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permission bits; 0o644 if not given. */
  readonly mode?: number;
}

/** Fixed, so that a step that copies or lists such a file does not copy the time of the build. */
export const fixedTime = new Date('2000-01-01T00:00:00Z');

/**
 * A layer that lies between the image's layers and the step's changes, and is no part of the image. An overlay shows
 * a directory with the owner, mode and time it has in the topmost layer, so each directory here copies those of
 * the image's.
 */
export class InjectedLayer {
  readonly #view: string;
  readonly #directory: string;
  /** Directories made here, with the times they get at the end, when nothing is added to them any more. */
  readonly #times = new Map<string, Stats | undefined>();
  readonly #added = new Set<string>();

  /**
   * @param view where the image's own layers are mounted.
   * @param directory the new layer; must not exist.
   */
  constructor(view: string, directory: string) {
    this.#view = view;
    this.#directory = directory;
    this.#makeDirectory('/');
  }

  /** Makes sure that the step finds a directory. @returns its path in the image, without symbolic links. */
  ensureDirectory(path: string): string {
    const resolved = this.#resolve(path);
    if (this.#inImage(resolved) === undefined) this.#makeDirectory(resolved);
    else if (!this.#inImage(resolved)?.isDirectory()) throw notA('directory', path);
    return resolved;
  }

  /** Makes sure that there is a file to mount something over. @returns its path, without symbolic links. */
  ensureFile(path: string): string {
    const resolved = this.#resolve(path);
    const there = this.#inImage(resolved);
    if (there?.isDirectory()) throw notA('file', path);
    if (there === undefined) this.addFile({ path, content: '' });
    return resolved;
  }

  addFile(file: InjectedFile): void {
    const resolved = this.#resolve(file.path);
    if (this.#inImage(resolved)?.isDirectory()) throw notA('file', file.path);
    this.#makeDirectory(posix.dirname(resolved));
    const path = this.#directory + resolved;
    writeFileSync(path, file.content);
    chmodSync(path, file.mode ?? 0o644);
    utimesSync(path, fixedTime, fixedTime);
    this.#added.add(resolved);
  }

  /** Sets the directories' times. @returns what the layer adds to the image or covers in it, sorted. */
  finish(): string[] {
    for (const [path, original] of this.#times) {
      utimesSync(this.#directory + path, original?.atime ?? fixedTime, original?.mtime ?? fixedTime);
    }
    return [...this.#added].toSorted();
  }

  #resolve(path: string): string {
    return resolveInRoot(this.#view, path);
  }

  #inImage(resolved: string): Stats | undefined {
    return lstatOf(this.#view + resolved);
  }

  #makeDirectory(path: string): void {
    if (this.#times.has(path)) return;
    if (path !== '/') this.#makeDirectory(posix.dirname(path));
    const original = this.#inImage(path);
    if (original !== undefined && !original.isDirectory()) throw notA('directory', path);
    copyDirectory(original, this.#directory + path);
    this.#times.set(path, original);
    if (original === undefined) this.#added.add(path);
  }
}

/** Makes an empty directory with the owner and mode of another. */
export function copyDirectory(original: Stats | undefined, path: string): void {
  mkdirSync(path);
  if (original !== undefined) lchownSync(path, original.uid, original.gid);
  chmodSync(path, (original?.mode ?? 0o755) & 0o7777);
}

export function notA(expected: 'file' | 'directory', path: string): Error {
  return stepError(
    'SANDBOX_ROOTFS_INVALID',
    `${path} in the image is not a ${expected}, as a step needs it to be`,
    {
      next: 'See which layer of the image puts something else there.',
    },
  );
}
