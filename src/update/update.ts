import {
  Ledger,
  lockOf,
  readLockState,
  recordBuild,
  refuseOtherOwners,
  requestedSourceDate,
  writeLock,
  type BuildRuntime,
  type LockState,
  type Project,
  type RecordedBuild,
} from '../build/index.ts';
import { staleError, usageError } from '../core/index.ts';
import { kinds } from '../kinds/index.ts';
import { inputSections, lineName, type Lock, type MovedKinds, type Recording } from '../lock/index.ts';
import { changesBetween, type Change } from './changes.ts';
import type { Selection } from './selection.ts';
import { thaw, type ThawedRecording } from './thaw.ts';

export interface UpdateOptions {
  /** What moves; everything where it is left out. */
  readonly selection?: Selection | undefined;
  /** Whether the lock gets a new date, as it does where all that is not held moves. */
  readonly wholly: boolean;
  /** RFC 3339, UTC, whole seconds: to where it moves. */
  readonly now: string;
  readonly useCache: boolean;
  /** Whether the new lock is written. */
  readonly write: boolean;
  /** Looks at what came out; where it throws, the lock stays. */
  readonly accept?: ((builds: readonly RecordedBuild[]) => Promise<void>) | undefined;
}

export interface UpdateResult {
  readonly before: Lock;
  readonly lock: Lock;
  readonly changes: readonly Change[];
  readonly builds: readonly RecordedBuild[];
  /** Whether the file was written. */
  readonly written: boolean;
}

/**
 * Moves inputs of a lock forward: builds each of its builds with what is selected asked for anew and all else
 * replayed. The lock is written once, at the end: where a build fails, it stays as it was.
 * @param projects all builds of one lock.
 * @throws HoldfastError UPDATE_NOTHING_NAMED, UPDATE_WHOLE (exit 2), what `readLockState` says of a stale lock (3), and
 *   what a build throws
 */
export async function updateLock(
  projects: readonly [Project, ...Project[]],
  runtime: BuildRuntime,
  options: UpdateOptions,
): Promise<UpdateResult> {
  const { selection, now, wholly } = options;
  const states: LockedState[] = [];
  for (const project of projects) states.push(await lockedState(project, runtime));
  const [{ lock: before, text }] = states as [LockedState];
  const asOf = wholly ? now : before.asOf;
  const moved = wholly ? keptKinds(before, selection) : movedKinds(before.moved, selection, now);
  const thawed = selection && (await thawAll(states, selection, runtime));

  const builds: RecordedBuild[] = [];
  for (const [n, { project, entry }] of states.entries()) {
    const frozen = thawed?.[n];
    const ledger = new Ledger('extend', asOf, frozen?.recording, {
      // What the builds of one lock take in common, they take in one version.
      others: builds.map(({ stored }) => stored),
      sourceDate: requestedSourceDate(project.arguments),
      moved,
      thawed: frozen?.answers,
    });
    builds.push(
      await recordBuild(project, ledger, runtime, { useCache: options.useCache, image: entry.image }),
    );
  }
  const lock = await lockOf({ asOf, moved, builds: builds.map(({ entry }) => entry) }, runtime);
  await options.accept?.(builds);
  const written = options.write && (await writeLock(projects[0], lock, text, runtime));
  return { before, lock, changes: changesBetween(before.inputs, lock.inputs), builds, written };
}

type LockedState = Required<Pick<LockState, 'lock' | 'entry' | 'recording'>> & {
  readonly project: Project;
  readonly text: string | undefined;
  readonly lock: Lock;
  readonly recording: Recording;
  readonly entry: NonNullable<LockState['entry']>;
};

async function lockedState(project: Project, runtime: BuildRuntime): Promise<LockedState> {
  const state = await readLockState(project, runtime);
  const { lock, entry, recording, stale, text } = state;
  if (stale !== undefined)
    throw staleError(stale.code, stale.message, {
      next: 'Run `holdfast lock` first: an update moves what is locked, and nothing else.',
    });
  if (!lock || !entry || !recording)
    throw new TypeError('a lock that is not stale has an entry and a recording');
  refuseOtherOwners(state, runtime);
  return { project, text, lock, entry, recording };
}

/** Images and files have no past that could be asked for: no date is kept for them. */
function movedKinds(before: MovedKinds = {}, selection: Selection | undefined, now: string): MovedKinds {
  const dated = [...(selection?.kinds ?? [])].filter(kind => kind !== 'image' && kind !== 'file');
  return { ...before, ...Object.fromEntries(dated.map(kind => [kind, now])) };
}

/** Kinds that are held keep their date while the lock gets a new one. */
function keptKinds({ asOf, moved = {} }: Lock, selection: Selection | undefined): MovedKinds {
  const held = kinds.map(({ name }) => name).filter(name => selection?.held.has(name) === true);
  return Object.fromEntries(held.map(name => [name, moved[name] ?? asOf]));
}

async function thawAll(
  states: readonly LockedState[],
  selection: Selection,
  { places }: BuildRuntime,
): Promise<ThawedRecording[]> {
  const thawed: ThawedRecording[] = [];
  for (const { recording } of states) thawed.push(await thaw(recording, selection, places));
  const found = new Set(thawed.flatMap(one => [...one.found]));
  const missing = [...selection.names].filter(name => !found.has(name));
  if (missing.length === 0) return thawed;
  throw usageError('UPDATE_NOTHING_NAMED', `the lock holds nothing called ${missing.join(', ')}`, {
    next: `Name a kind, or an input as the lock names it${suggestion(states, missing[0] ?? '')}.`,
  });
}

function suggestion(states: readonly LockedState[], wanted: string): string {
  const names = inputSections.flatMap(section =>
    states.flatMap(({ lock }) =>
      lock.inputs[section].map(line => String(line['name'] ?? lineName(section, line))),
    ),
  );
  const near = names.find(name => name.toLowerCase().includes(wanted.toLowerCase()));
  return near === undefined ? '' : `, such as ${near}`;
}
