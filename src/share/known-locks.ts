import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, errnoOf, hexOf, isDigest, sha256, type Digest } from '../core/index.ts';
import type { BuildEntry, Lock } from '../lock/index.ts';
import { inParallel } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import { needsOf, readingFrom } from './needs.ts';

/** One version of a lock that builds used this store for. */
export interface KnownLock {
  /** Absolute; as the one who built saw it, who may have been in another container. */
  readonly path: string;
  /** Of the file's text. */
  readonly digest: Digest;
  readonly builds: readonly Pick<BuildEntry, 'dockerfile' | 'recording' | 'image'>[];
  /** Milliseconds since the epoch, to within an hour. */
  readonly usedAt: number;
}

const digest = z.custom<Digest>(isDigest);
const schema = z.object({
  path: z.string(),
  digest,
  builds: z.array(z.object({ dockerfile: z.string(), recording: digest, image: digest })),
});

const markEvery = 60 * 60 * 1000;

/**
 * Writes down, in the store, that a lock is built from with it: `gc` keeps what these locks name, and one that has
 * looked around already sees that their blobs are in use. A store that may only be read is left as it is.
 */
export async function noteLock(store: Store, path: string, text: string, lock: Lock): Promise<void> {
  const id = { path, digest: sha256(text) };
  const file = join(directoryOf(store), `${hexOf(sha256(canonicalJson(id)))}.json`);
  const held = await stat(file).catch(() => undefined);
  const now = Date.now();
  try {
    if (held === undefined) {
      await mkdir(directoryOf(store), { recursive: true });
      const builds = lock.builds.map(({ dockerfile, recording, image }) => ({
        dockerfile,
        recording,
        image,
      }));
      await store.replaceFile(file, `${canonicalJson({ ...id, builds })}\n`);
    } else if (now - held.mtimeMs > markEvery) await utimes(file, new Date(now), new Date(now));
    else return;
    const { blobs } = await needsOf(lock.builds, readingFrom(store), { images: true });
    await inParallel([...blobs.keys()], 64, async blob => void (await store.size(blob)));
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** By path, the one that was used last first. */
export async function knownLocks(store: Store): Promise<KnownLock[]> {
  const found: KnownLock[] = [];
  for (const name of await readdir(directoryOf(store)).catch(() => [])) {
    const file = join(directoryOf(store), name);
    const read = schema.safeParse(await readJson(file));
    const { mtimeMs: usedAt = 0 } = (await stat(file).catch(() => undefined)) ?? {};
    if (read.success) found.push({ ...read.data, usedAt });
  }
  return found.toSorted((a, b) => (a.path === b.path ? b.usedAt - a.usedAt : a.path < b.path ? -1 : 1));
}

/** Takes the note back, unless the lock was used after `since`; the lock itself is not touched. */
export async function forgetLock(store: Store, { path, digest }: KnownLock, since: number): Promise<void> {
  const file = join(directoryOf(store), `${hexOf(sha256(canonicalJson({ path, digest })))}.json`);
  const { mtimeMs = Infinity } = (await stat(file).catch(() => undefined)) ?? {};
  if (mtimeMs <= since) await rm(file, { force: true });
}

const directoryOf = (store: Store) => join(store.root, 'locks');

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined; // Gone meanwhile, or damaged: what it named is kept for as long as what nobody names.
  }
}
