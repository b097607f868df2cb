import { readFile } from 'node:fs/promises';
import { isDigest, sha256, type Digest } from '../core/index.ts';
import { parseLock, type Lock, type Recording } from '../lock/index.ts';
import { notedLayer, type Store } from '../store/index.ts';
import { historyOf } from './git-history.ts';
import { knownLocks, type KnownLock } from './known-locks.ts';
import { needsOf, needsOfImage, readingFrom, type NeededBlob } from './needs.ts';

/** Why a lock's blobs stay: its file says so, it was used of late, a commit has it, the user named it. */
export type Reason = 'current' | 'recent' | 'history' | 'named';

/** A version of a lock, or a name in the store, and what must stay for it. */
export interface Root {
  /** The lock's path, or the image's name. */
  readonly name: string;
  readonly kind: 'lock' | 'image';
  readonly reason: Reason | 'tag';
  readonly blobs: ReadonlyMap<Digest, NeededBlob>;
  readonly recordings: readonly Recording[];
}

export interface RootOptions {
  /** Milliseconds since the epoch: a version of a lock that was used after this stays. */
  readonly since: number;
  /** Paths of further locks. */
  readonly keep?: readonly string[] | undefined;
  /** Whether every version that git knows of a lock stays. */
  readonly gitHistory?: boolean | undefined;
}

export interface Roots {
  readonly roots: readonly Root[];
  /** Versions of locks that nothing keeps. */
  readonly forgotten: readonly KnownLock[];
}

type Builds = KnownLock['builds'];

/**
 * What the store must keep. A lock whose file cannot be read as one (a merge in progress) keeps all its versions.
 * @throws HoldfastError what parseLock throws for a lock that the user named
 */
export async function rootsOf(store: Store, options: RootOptions): Promise<Roots> {
  const known = await knownLocks(store);
  const kept = new Map<string, { name: string; reason: Reason; builds: Builds; lock?: Lock }>();
  const keep = (name: string, text: Digest, reason: Reason, builds: Builds, lock?: Lock) => {
    const key = `${name} ${text}`;
    if (!kept.has(key)) kept.set(key, { name, reason, builds, ...(lock && { lock }) });
  };
  const keepText = (name: string, text: string, reason: Reason): boolean => {
    const lock = parsed(text);
    if (lock !== undefined) keep(name, sha256(text), reason, lock.builds, lock);
    return lock !== undefined;
  };
  for (const [path, versions] of Map.groupBy(known, lock => lock.path)) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const readable = text === undefined || keepText(path, text, 'current');
    for (const { digest, builds, usedAt } of versions)
      if (!readable || usedAt > options.since) keep(path, digest, readable ? 'recent' : 'current', builds);
    if (options.gitHistory === true) for (const old of await historyOf(path)) keepText(path, old, 'history');
  }
  for (const path of options.keep ?? []) {
    const text = await readFile(path, 'utf8');
    keep(path, sha256(text), 'named', parseLock(text, path).builds, parseLock(text, path));
  }
  const roots: Root[] = [];
  for (const { name, reason, builds, lock } of kept.values())
    roots.push({ name, kind: 'lock', reason, ...(await needsOfLock(builds, store, lock)) });
  for (const { name, descriptor } of await store.tags()) {
    const blobs = await needsOfImage(
      { digest: descriptor.digest, what: `image ${name}` },
      readingFrom(store),
    );
    roots.push({ name, kind: 'image', reason: 'tag', blobs, recordings: [] });
  }
  return { roots, forgotten: known.filter(({ path, digest }) => !kept.has(`${path} ${digest}`)) };
}

function parsed(text: string): Lock | undefined {
  try {
    return parseLock(text, 'holdfast.lock');
  } catch {
    return undefined;
  }
}

/** Where a recording is lost, the lock's own lines tell of most of what it held. */
async function needsOfLock(
  builds: Builds,
  store: Store,
  lock: Lock | undefined,
): Promise<Pick<Root, 'blobs' | 'recordings'>> {
  const { blobs, unread, recordings } = await needsOf(builds, readingFrom(store), { images: true });
  const all = new Map(blobs);
  for (const { reference, diffIds } of recordings.flatMap(({ images }) => images)) {
    for (const diffId of diffIds) {
      const same = await notedLayer(store, diffId);
      if (same && !all.has(same.digest))
        all.set(same.digest, {
          ...same,
          what: `a layer of ${reference}, as a mirror has it`,
          optional: true,
        });
    }
  }
  if (unread.length === 0 || lock === undefined) return { blobs: all, recordings };
  for (const digest of lineDigests(lock)) if (!all.has(digest)) all.set(digest, { digest, what: 'an input' });
  return { blobs: all, recordings };
}

function lineDigests({ inputs }: Lock): Digest[] {
  const values = Object.values(inputs).flatMap(lines => lines.flatMap(line => Object.values(line)));
  return values.flatMap(value => {
    const text = String(value);
    return [text, `sha256:${text}`].filter(isDigest);
  });
}
