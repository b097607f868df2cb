import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { findingsError, type HoldfastError, shortDigest, staleError, usageError } from '../core/index.ts';
import {
  buildKey,
  lineName,
  lockMismatch,
  parseLock,
  type BuildEntry,
  type Lock,
  type Recording,
} from '../lock/index.ts';
import { noteLock } from '../share/index.ts';
import { configurationName, readConfiguration } from './configuration.ts';
import { executeBuild } from './execute.ts';
import { installedMustMatch } from './installed-match.ts';
import { blobsOf } from './known-blobs.ts';
import { Ledger } from './ledger.ts';
import type { Project } from './project.ts';
import { identityOf, recordBuild, type LockedBuild, type RecordedBuild } from './record-build.ts';
import { lockName, recordedInputs } from './recordings.ts';
import { requestedSourceDate } from './source-date.ts';
import type { BuildRuntime, CacheUse } from './runtime.ts';
import { lockOf, writeLock } from './write-lock.ts';

/** What the lock says of a project, held against its recordings. */
export interface LockState {
  /** The file's text, where there is one. */
  readonly text?: string | undefined;
  readonly lock?: Lock | undefined;
  readonly entry?: BuildEntry | undefined;
  readonly recording?: Recording | undefined;
  /** The recordings of the lock's other builds. */
  readonly others?: readonly Recording[] | undefined;
  /** Why the lock cannot be built from as it is; nothing where it can. */
  readonly stale?: HoldfastError | undefined;
}

/**
 * Reads the lock and checks every line of it.
 * @throws HoldfastError what parseLock, readRecording and lockMismatch throw or return
 */
export async function readLockState(project: Project, runtime: BuildRuntime): Promise<LockState> {
  runtime.places.configure(await readConfiguration(join(project.home, configurationName)));
  const text = await readFile(project.lockPath, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return {
      stale: stale(
        'LOCK_MISSING',
        `there is no ${project.request.lockfile ?? lockName} for ${project.dockerfileName}`,
      ),
    };
  }
  const lock = parseLock(text, lockName);
  const { recordings, inputs } = await recordedInputs(lock.builds, runtime);
  const mismatch = lockMismatch(lock, inputs, lockName);
  if (mismatch) throw mismatch;
  if (project.lockKept) await noteLock(runtime.store, project.lockPath, text, lock);
  const key = buildKey(identityOf(project));
  const at = lock.builds.findIndex(build => buildKey(build) === key);
  const entry = lock.builds[at];
  const others = recordings.filter((_, n) => n !== at);
  return { text, lock, entry, recording: recordings[at], others, stale: staleness(project, entry) };
}

function staleness(project: Project, entry: BuildEntry | undefined): HoldfastError | undefined {
  if (entry === undefined)
    return stale('LOCK_STALE', `${lockName} has no build with this target, platform and arguments`);
  if (entry.checksum === project.checksum) return undefined;
  return stale('LOCK_STALE', `${project.dockerfileName} has changed since ${lockName} was written`);
}

const stale = (code: string, message: string) =>
  staleError(code, message, { next: 'Run `holdfast lock` and commit holdfast.lock.' });

/**
 * An image whose files lost their owners is another one than the same with them, from whatever recording.
 * @throws HoldfastError LOCK_OWNERS (exit 2)
 */
export function refuseOtherOwners({ entry }: LockState, { sandbox }: BuildRuntime): void {
  if (entry === undefined || (entry.isolation === undefined) === sandbox.keepsOwners) return;
  const message = sandbox.keepsOwners
    ? `${lockName} is of an image built with --isolation ${entry.isolation}, in which all files belong to root`
    : `${lockName} is of an image whose files have owners, and --isolation ${sandbox.isolation} cannot give them`;
  throw usageError('LOCK_OWNERS', message, {
    next: sandbox.keepsOwners
      ? 'Build with that isolation, or remove the lock and record everything anew.'
      : 'Build as root or with subordinate ids (see `holdfast doctor`), or keep another lock: --lockfile FILE.',
  });
}

export interface LockOptions {
  /** RFC 3339, UTC, whole seconds: the date of a lock that does not exist yet. */
  readonly asOf: string;
  readonly useCache: CacheUse;
  /** Whether the entry of another build stays; all do where it is left out. */
  readonly keeps?: ((entry: BuildEntry) => boolean) | undefined;
}

export interface WrittenLock extends RecordedBuild {
  readonly lock: Lock;
  /** Whether the file was written. */
  readonly changed: boolean;
}

/** Brings the lock up to date: what it holds is replayed, what it lacks is recorded. */
export async function lockProject(
  project: Project,
  state: LockState,
  runtime: BuildRuntime,
  options: LockOptions,
): Promise<WrittenLock> {
  refuseOtherOwners(state, runtime);
  const asOf = state.lock?.asOf ?? options.asOf;
  const ledger = new Ledger('extend', asOf, state.recording, {
    others: state.others,
    sourceDate: requestedSourceDate(project),
    moved: state.lock?.moved,
  });
  const built = await recordBuild(project, ledger, runtime, {
    useCache: options.useCache,
    image: state.entry?.image,
    syntax: state.entry?.syntax,
  });
  const { keeps = () => true } = options;
  const others =
    state.lock?.builds.filter(build => buildKey(build) !== buildKey(built.entry) && keeps(build)) ?? [];
  const moved = state.lock?.moved;
  const lock = await lockOf({ asOf, moved, builds: [...others, built.entry] }, runtime);
  const changed = await writeLock(project, lock, state.text, runtime);
  return { ...built, lock, changed };
}

/** What is not locked may be done without only where the project says so. @throws LOCK_UNLOCKED (exit 3) */
async function refuseUnlocked({ home }: Project, { inputs }: Recording): Promise<void> {
  const unlocked = inputs.filter(({ section }) => section === 'unlocked').map(({ line }) => line);
  if (unlocked.length === 0) return;
  const { allowUnlocked } = await readConfiguration(join(home, configurationName));
  const refused = unlocked.filter(line => !allowUnlocked.includes(lineName('unlocked', line)));
  if (refused.length === 0) return;
  const names = refused.map(line => `${lineName('unlocked', line)} (${String(line['reason'])})`);
  throw staleError('LOCK_UNLOCKED', `${lockName} could not lock ${names.join(', ')}`, {
    next: `Have the step do without it, give it what it needs when locking, or list it under unlocked.allow in ${configurationName}.`,
  });
}

/**
 * Builds from the lock and nothing else. An image that differs from the locked one although nothing that goes into
 * it does is a finding.
 * @throws HoldfastError `state.stale` (3), IMAGE_DIFFERS (1), and what executeBuild throws
 */
export async function buildFromLock(
  project: Project,
  state: LockState,
  runtime: BuildRuntime,
  useCache: CacheUse,
): Promise<LockedBuild> {
  const { lock, entry, recording } = state;
  if (state.stale) throw state.stale;
  if (!lock || !entry || !recording)
    throw new TypeError('a lock that is not stale has an entry and a recording');
  refuseOtherOwners(state, runtime);
  await refuseUnlocked(project, recording);
  const outcome = await executeBuild(
    {
      project,
      ledger: new Ledger('replay', lock.asOf, recording, {
        sourceDate: requestedSourceDate(project),
        moved: lock.moved,
      }),
      useCache,
      knownBlobs: await blobsOf(entry.image, runtime.store),
    },
    runtime,
  );
  installedMustMatch(outcome, recording.inputs);
  if (outcome.context !== entry.context) {
    runtime.note(
      'files of the context or labels are others than when the lock was written, so the image is another one; `holdfast lock` writes it down',
    );
  } else if ((outcome.standsFor ?? outcome.image.digest) !== entry.image) {
    throw findingsError(
      'IMAGE_DIFFERS',
      `the lock names the image ${shortDigest(entry.image)}; the same inputs gave ${shortDigest(outcome.image.digest)}`,
      { next: 'Run `holdfast verify` to see which file differs, which step wrote it, and the likely cause.' },
    );
  }
  if (outcome.standsFor !== undefined)
    runtime.note(
      `the image is ${outcome.image.digest}: with its base's layers compressed as they were published it is the locked ${outcome.standsFor}`,
    );
  return { ...outcome, inputs: recording.inputs };
}
