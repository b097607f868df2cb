import { readFileSync, readlinkSync } from 'node:fs';

interface IdRange {
  readonly inside: number;
  readonly count: number;
}

function idRanges(map: string): IdRange[] {
  return map
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))
    .map(([inside, , count]) => ({ inside: inside ?? 0, count: count ?? 0 }));
}

function mapText(kind: 'uid' | 'gid'): string {
  return readFileSync(`/proc/self/${kind}_map`, 'utf8');
}

/** The system's first user namespace: PROC_USER_INIT_INO of include/linux/proc_ns.h. */
const firstUserNamespace = 'user:[4026531837]';

/**
 * Whether this process is in a user namespace other than the system's first: user_namespaces(7). Its map of ids does not
 * tell: root of a container can map all ids to themselves.
 */
export function insideUserNamespace(): boolean {
  return readlinkSync('/proc/self/ns/user') !== firstUserNamespace;
}

/** Whether an id of an image can be had here; in a user namespace only the mapped ranges can. */
export function isMapped(kind: 'uid' | 'gid', id: number): boolean {
  return idRanges(mapText(kind)).some(range => id >= range.inside && id < range.inside + range.count);
}

/** Whether all of an image's ids but root's are missing, as in the namespace of a user without subordinate ids. */
export function hasSingleId(): boolean {
  return !isMapped('uid', 1) && !isMapped('gid', 1);
}
