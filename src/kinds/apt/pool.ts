/** Where a package's file lies after its archive has deleted it. */

import { percentDecoded } from './archive-urls.ts';
import {
  archiveAtPath,
  nextSnapshot,
  snapshotUrl,
  type SnapshotArchive,
  type SnapshotServices,
} from './snapshots.ts';

/** Binary packages; source packages with their parts and detached signatures (deb-src-files, Debian Policy C). */
const packageFile = /\.(?:u?deb|ddeb|dsc|(?:tar|diff)\.(?:gz|bz2|xz|lzma|zst)(?:\.asc)?)$/;

/**
 * The snapshots that may have a pool file, best first; none where the URL has not the shape of an archive with a past.
 * A shape is a guess, so whoever fetches from there must know the digest, or leave it to apt to check.
 */
export function poolSnapshots(url: string, asOf: Date, services: SnapshotServices): string[] {
  const [, path] = /^https?:\/\/[^/?#]+(\/[^?#]*)$/i.exec(url) ?? [];
  if (path === undefined || !packageFile.test(path) || climbs(path)) return [];
  const at = path.indexOf('/pool/');
  if (at < 0) return [];
  const below = path.slice(at + 1);
  const name = archiveAtPath(path.slice(0, at + 1)) ?? archiveOfPool(below);
  const base = name && services[name];
  if (base === undefined) return [];
  // What was new on that date is first in the next snapshot.
  return [asOf, nextSnapshot(asOf)].map(date => snapshotUrl(base, date, below));
}

/** Debian's security archive is the one with `updates` in its pool, and is often at the root of a host of its own. */
function archiveOfPool(below: string): SnapshotArchive | undefined {
  return below.startsWith('pool/updates/') ? 'Debian-Security' : undefined;
}

function climbs(path: string): boolean {
  return percentDecoded(path).split('/').includes('..');
}
