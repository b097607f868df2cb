import {
  chmodSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  type Stats,
} from 'node:fs';
import { copyXattrs, makeFifo } from '../../image/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';

export interface FileMetadata {
  readonly uid: number;
  readonly gid: number;
  /** Nothing for symbolic links, which have none. */
  readonly mode: number | undefined;
  /** Of the last change, unix seconds. */
  readonly seconds: number;
}

/** A root file system that files are copied to. Paths are absolute in it and, but for `resolve`, without links on the way. */
export interface CopyTarget {
  /** Where a path leads, links followed inside the root. */
  resolve(path: string): string;
  /** What is there itself; nothing where nothing is. */
  typeAt(path: string): 'directory' | 'symlink' | 'other' | undefined;
  makeDirectory(path: string): void;
  /** Takes away what is there, and all that it holds. */
  remove(path: string): void;
  putFile(source: string, stats: Stats, path: string): void;
  putLink(target: Buffer, path: string): void;
  putFifo(path: string): void;
  putHardLink(first: string, path: string): void;
  describe(path: string, metadata: FileMetadata): void;
  /** Gives copies the extended attributes of what they are copies of. */
  takeXattrs(copied: readonly (readonly [source: string, path: string])[]): Promise<void>;
}

/** The files below a directory of the machine. */
export function filesBelow(root: string): CopyTarget {
  return {
    resolve: path => resolveInRoot(root, path),
    typeAt(path) {
      const stats = lstatSync(root + path, { throwIfNoEntry: false });
      if (stats === undefined) return undefined;
      if (stats.isDirectory()) return 'directory';
      return stats.isSymbolicLink() ? 'symlink' : 'other';
    },
    makeDirectory: path => mkdirSync(root + path),
    remove: path => rmSync(root + path, { recursive: true }),
    putFile(source, _, path) {
      copyFileSync(source, root + path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    },
    putLink: (target, path) => symlinkSync(target, root + path),
    putFifo: path => makeFifo(root + path),
    putHardLink: (first, path) => linkSync(root + first, root + path),
    describe(path, { uid, gid, mode, seconds }) {
      lchownSync(root + path, uid, gid);
      if (mode === undefined) return lutimesSync(root + path, seconds, seconds);
      chmodSync(root + path, mode);
      utimesSync(root + path, seconds, seconds);
    },
    takeXattrs: copied => copyXattrs(copied.map(([source, path]) => [source, root + path])),
  };
}
