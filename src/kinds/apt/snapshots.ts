/**
 * Services that keep the past of archives, addressed by a date: `<base>/<YYYYMMDDTHHMMSSZ>/<path below the archive>`.
 * Which of them has an archive's past is told by what its signed Release says of itself (Origin and Label, as apt's own
 * Acquire::Snapshots does); a mirror may be at any address.
 */

import type { Release } from './release.ts';

/** An archive that has a past somewhere. */
export type SnapshotArchive = 'Debian' | 'Debian-Security' | 'Debian debug' | 'Debian Ports' | 'Ubuntu';

/** Base URL of each archive's snapshots, without a final slash. An archive that is not named here has no past. */
export type SnapshotServices = Readonly<Partial<Record<SnapshotArchive, string>>>;

interface KnownArchive {
  readonly base: string;
  /** The day from which on the service has states, where it is known. */
  readonly since?: string;
  readonly is: (origin: string, label: string) => boolean;
  /** How mirrors lay it out: the last part of the archive's own path. */
  readonly folders: readonly string[];
}

const known: Readonly<Record<SnapshotArchive, KnownArchive>> = {
  Debian: {
    base: 'https://snapshot.debian.org/archive/debian',
    since: '2005-03-12',
    is: (origin, label) =>
      (origin === 'Debian' && label === 'Debian') || (origin === 'Debian Backports' && label === origin),
    folders: ['debian'],
  },
  'Debian-Security': {
    base: 'https://snapshot.debian.org/archive/debian-security',
    since: '2005-03-12',
    is: (origin, label) => origin === 'Debian' && label === 'Debian-Security',
    folders: ['debian-security'],
  },
  'Debian debug': {
    base: 'https://snapshot.debian.org/archive/debian-debug',
    is: (origin, label) => origin.startsWith('Debian') && /^Debian debug$/i.test(label),
    folders: ['debian-debug'],
  },
  'Debian Ports': {
    base: 'https://snapshot.debian.org/archive/debian-ports',
    is: origin => origin === 'Debian Ports',
    folders: ['debian-ports'],
  },
  Ubuntu: {
    base: 'https://snapshot.ubuntu.com/ubuntu',
    since: '2023-03-01',
    is: (origin, label) => origin === 'Ubuntu' && label === 'Ubuntu',
    // The service has all architectures in one.
    folders: ['ubuntu', 'ubuntu-ports'],
  },
};

const names = Object.keys(known) as SnapshotArchive[];

/** The names of all archives that have a past. */
export const snapshotArchives: readonly string[] = names;

/** The public services. */
export const snapshotServices: SnapshotServices = Object.fromEntries(
  names.map(name => [name, known[name].base]),
);

/** Which archive a suite is of, by what its Release says of itself. */
export function archiveOfRelease({ origin = '', label = '' }: Release): SnapshotArchive | undefined {
  return names.find(name => known[name].is(origin, label));
}

/** Which archive a path is likely of, by the way mirrors lay archives out. @param root the archive's path, ending in a slash */
export function archiveAtPath(root: string): SnapshotArchive | undefined {
  const folder = root.split('/').at(-2) ?? '';
  return names.find(name => known[name].folders.includes(folder));
}

/** @param below the path from the archive's root, as it stands in a URL */
export function snapshotUrl(base: string, date: Date, below: string): string {
  const timestamp = date.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${base.replace(/\/+$/, '')}/${timestamp}/${below}`;
}

/** The first day of one of the public services. */
export function firstDayOf(base: string): string | undefined {
  return names.map(name => known[name]).find(archive => archive.base === base)?.since;
}

/**
 * Snapshots are taken some times a day: what an archive had just got on a date is first in one that is a little later.
 * That one serves for what is known by its digest or version, and for nothing else.
 */
export function nextSnapshot(date: Date): Date {
  return new Date(date.getTime() + 12 * 60 * 60 * 1000);
}
