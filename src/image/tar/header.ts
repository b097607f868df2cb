import { integrityError, type HoldfastError } from '../../core/index.ts';

export type TarType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

/**
 * One entry's metadata. Paths are the raw bytes of the archive (UTF-8 by custom, not by promise). Names of extended
 * attributes are byte strings: one character a byte (`latin1`), which for ASCII names is the name itself.
 */
export interface TarHeader {
  readonly type: TarType;
  /** Without trailing slashes; otherwise as stored, so it may be hostile: `..`, absolute, `a//b`. */
  readonly path: Buffer;
  /** Of `link` and `symlink`; empty for the others. */
  readonly target: Buffer;
  /** Permission bits with setuid, setgid and sticky: 0o7777 at most. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 unless `type` is `file`. */
  readonly size: number;
  /** Whole seconds since 1970, rounded down; may be negative. */
  readonly mtime: number;
  /** Of `char` and `block`. */
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

export const blockSize = 512;

/** Exit 4: every malformed archive is one, whatever is wrong with it. */
export function tarError(code: `TAR_${string}`, message: string, cause?: unknown): HoldfastError {
  return integrityError(code, message, {
    next: 'The archive is damaged or was made to do harm: get it again from a source that you trust.',
    cause,
  });
}

/** A path for messages: control characters escaped, cut to a readable length. */
export function shownPath(path: Buffer): string {
  const text = JSON.stringify(path.toString('utf8').slice(0, 200));
  return path.length > 200 ? `${text}…` : text;
}
