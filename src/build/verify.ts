import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Digest } from '../core/index.ts';
import { causesExplained, compareLayers, type DifferenceKind, type LikelyCause } from '../image/index.ts';
import type { Store } from '../store/index.ts';
import { BuildCache } from './cache.ts';
import { imageConfig, imageLayers, layerSteps } from './image-layers.ts';
import { executeBuild, type BuildOutcome } from './execute.ts';
import { Ledger } from './ledger.ts';
import type { LockState } from './locking.ts';
import { readLockState, refuseOtherOwners } from './locking.ts';
import type { Project } from './project.ts';
import { requestedSourceDate } from './source-date.ts';
import type { BuildRuntime } from './runtime.ts';

/** A file that two builds from the same inputs wrote differently. */
export interface VerifyDifference {
  readonly path: string;
  readonly kind: DifferenceKind;
  /** The step that wrote it, as history names it. */
  readonly step: string;
  readonly cause: LikelyCause;
  /** What the cause means, and what to do about it. */
  readonly why: string;
}

type FoundDifference = Omit<VerifyDifference, 'why'>;

export interface Verification {
  /** The one image that came out each time; nothing where they differ. */
  readonly image: Digest | undefined;
  /** The image that the lock names. */
  readonly locked: Digest;
  /** Whether files of the context changed since the lock was written, so that the lock's image cannot come out. */
  readonly contextChanged: boolean;
  readonly differences: readonly VerifyDifference[];
}

/**
 * Builds twice from lock and store with nothing cached, the second time with another path, file mode mask, time zone
 * and number of processors, and compares the images with each other and with the one that the lock names.
 * @throws HoldfastError where the lock is stale, and what a build throws
 */
export async function verifyProject(project: Project, runtime: BuildRuntime): Promise<Verification> {
  const state = await readLockState(project, runtime);
  if (state.stale) throw state.stale;
  refuseOtherOwners(state, runtime);
  const { entry } = state;
  if (!entry) throw new TypeError('a lock that is not stale has an entry');
  const root = join(runtime.cache.root, `verify-${process.pid}`);
  try {
    const first = await freshBuild(project, state, runtime, join(root, 'a'));
    const second = await inOtherSurroundings(() =>
      freshBuild(project, state, runtime, join(root, 'second', 'build')),
    );
    const contextChanged = first.context !== entry.context;
    const found = await differencesOf(first, second, runtime.store);
    // Both alike and still another image than the locked one: what differs is found by comparing with that.
    const againstLock = contextChanged || (first.standsFor ?? first.image.digest) === entry.image;
    if (found.length === 0 && !againstLock) {
      found.push(...(await differencesFromLocked(entry.image, first, runtime.store)));
    }
    const same = first.image.digest === second.image.digest && againstLock;
    const differences = found.map(one => ({ ...one, why: causesExplained[one.cause] }));
    return { image: same ? first.image.digest : undefined, locked: entry.image, contextChanged, differences };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function freshBuild(
  project: Project,
  state: LockState,
  runtime: BuildRuntime,
  cacheRoot: string,
): Promise<BuildOutcome> {
  await mkdir(cacheRoot, { recursive: true });
  const cache = await BuildCache.open(cacheRoot, runtime.sandbox.isolation);
  const ledger = new Ledger('replay', state.lock?.asOf ?? '', state.recording, {
    sourceDate: requestedSourceDate(project),
  });
  runtime.note(`verify: building in ${cacheRoot}`);
  return executeBuild(
    { project, ledger, useCache: true, knownBlobs: new Map() },
    {
      ...runtime,
      cache,
      sharedCaches: [],
    },
  );
}

/** What must not matter, made different while `build` runs; steps inherit the processors that this process may use. */
async function inOtherSurroundings<Result>(build: () => Promise<Result>): Promise<Result> {
  const mask = process.umask(0o077);
  const { TZ: zone } = process.env;
  process.env['TZ'] = 'Pacific/Kiritimati';
  const processors = await restrictProcessors('0');
  try {
    return await build();
  } finally {
    process.umask(mask);
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
    if (processors !== undefined) await restrictProcessors(processors);
  }
}

/** Sets the processors that this process and its future children may run on; returns those of before. */
async function restrictProcessors(list: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('taskset', [
      '--all-tasks',
      '--cpu-list',
      '--pid',
      list,
      String(process.pid),
    ]);
    return /current affinity list: (.*)$/m.exec(stdout)?.[1];
  } catch {
    return undefined; // One variation less.
  }
}

async function differencesOf(a: BuildOutcome, b: BuildOutcome, store: Store): Promise<FoundDifference[]> {
  const left = await imageLayers(a.image.digest, a.config, store);
  const right = await imageLayers(b.image.digest, b.config, store);
  const found = await compareLayers(left, right);
  const steps = layerSteps(a.config);
  const files = found.map(({ layer, path, kind, cause }) => ({
    path: `/${path}`,
    kind,
    step: steps[layer] ?? `layer ${layer + 1}`,
    cause,
  }));
  if (files.length > 0 || a.image.digest === b.image.digest) return files;
  return [{ path: '(image configuration)', kind: 'content', step: 'the image', cause: 'unknown' }];
}

async function differencesFromLocked(
  locked: Digest,
  built: BuildOutcome,
  store: Store,
): Promise<FoundDifference[]> {
  if (!(await store.has(locked))) {
    return [
      {
        path: '(image)',
        kind: 'content',
        step: 'the locked image is not in the store to be compared',
        cause: 'unknown',
      },
    ];
  }
  const config = await imageConfig(locked, store);
  return differencesOf({ ...built, image: { ...built.image, digest: locked }, config }, built, store);
}
