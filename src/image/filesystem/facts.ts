import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { errnoOf } from '../../core/index.ts';
import type { Device } from './nodes.ts';

export type FileType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'char'
  | 'block'
  | 'fifo'
  | 'socket'
  /** A character device of major number 0, which none that exists has; overlayfs's is 0:0: what lies below is gone. */
  | 'whiteout';

export interface FileFacts {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Whole seconds, rounded down. */
  readonly mtime: number;
  /** Whether `mtime` left out a fraction. */
  readonly hasFraction: boolean;
  readonly device: Device;
  /** Of symbolic links; empty otherwise. */
  readonly target: Buffer;
  /** Equal for hard links of one file; undefined where there is but one name. */
  readonly inode: string | undefined;
}

const nanoseconds = 1_000_000_000n;

/** What the system says about a path, itself and not what it links to; undefined if it is not there. */
export function factsOf(path: Buffer): FileFacts | undefined {
  const stat = statOf(path);
  if (stat === undefined) return undefined;
  const type = typeOf(stat);
  // Not mtimeMs: a double has no room for nanoseconds and can round up to the next second.
  const mtime = floorDivide(stat.mtimeNs, nanoseconds);
  return {
    type,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: type === 'file' ? Number(stat.size) : 0,
    mtime: Number(mtime),
    hasFraction: stat.mtimeNs !== mtime * nanoseconds,
    device: deviceOf(stat.rdev),
    target: type === 'symlink' ? readlinkSync(path, 'buffer') : Buffer.alloc(0),
    inode: type === 'directory' || stat.nlink < 2n ? undefined : `${stat.dev}:${stat.ino}`,
  };
}

function statOf(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    // A parent that is no directory holds nothing either.
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function typeOf(stat: BigIntStats): FileType {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  if (stat.isBlockDevice()) return 'block';
  return deviceOf(stat.rdev).major === 0 ? 'whiteout' : 'char';
}

/** glibc's gnu_dev_major and gnu_dev_minor. */
function deviceOf(rdev: bigint): Device {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n);
}
