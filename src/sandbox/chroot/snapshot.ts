import { lstatSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { byteString, joined, within, type ByteString } from '../../image/index.ts';

/** What tells a file that was touched from one that was not, by path. The root of the tree is the empty path. */
export type Snapshot = ReadonlyMap<ByteString, string>;

export interface Changes {
  /** New, or touched. */
  readonly present: readonly ByteString[];
  readonly gone: readonly ByteString[];
}

/** A little more than a tick of the clock that the kernel stamps files with. */
const tickMilliseconds = 15;

/** Waits until what is done to a file gives it another stamp than it has now. */
export function nextTick(): Promise<void> {
  return sleep(tickMilliseconds);
}

export function snapshotOf(root: string): Snapshot {
  const at = within(root);
  const found = new Map<ByteString, string>();
  const walk = (directory: ByteString): void => {
    found.set(directory, stampOf(at(directory)));
    for (const entry of readdirSync(at(directory), { withFileTypes: true, encoding: 'buffer' })) {
      const path = joined(directory, byteString(entry.name));
      if (entry.isDirectory()) walk(path);
      else found.set(path, stampOf(at(path)));
    }
  };
  walk('');
  return found;
}

/** No program can set a file's change time, and everything that is done to a file sets it. */
export function stampOf(path: Buffer | string): string {
  const { ino, ctimeNs, size, mode, uid, gid } = lstatSync(path, { bigint: true });
  return `${ino} ${ctimeNs} ${size} ${mode} ${uid} ${gid}`;
}

export function changesBetween(before: Snapshot, after: Snapshot): Changes {
  return {
    present: [...after].filter(([path, stamp]) => before.get(path) !== stamp).map(([path]) => path),
    gone: [...before.keys()].filter(path => !after.has(path)),
  };
}
