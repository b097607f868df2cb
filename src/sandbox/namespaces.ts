import { readFileSync } from 'node:fs';

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

/** Whether this process is in a user namespace other than the system's first: user_namespaces(7). */
export function insideUserNamespace(): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(mapText('uid'));
}

/** Whether an id of an image can be had here; in a user namespace only the mapped ranges can. */
export function isMapped(kind: 'uid' | 'gid', id: number): boolean {
  return idRanges(mapText(kind)).some(range => id >= range.inside && id < range.inside + range.count);
}
