import {
  dockerfilePath,
  Ledger,
  lockOf,
  readLockState,
  recordBuild,
  refuseOtherOwners,
  replaceFile,
  requestedSourceDate,
  withDockerfile,
  writeLock,
  type BuildRuntime,
  type Hold,
  type LockState,
  type Project,
  type RecordedBuild,
  type ThawedAnswers,
} from '../build/index.ts';
import { staleError, usageError } from '../core/index.ts';
import { kinds, type KindName } from '../kinds/index.ts';
import {
  frontendOfBuild,
  type BuildEntry,
  type Lock,
  type MovedKinds,
  type Recording,
} from '../lock/index.ts';
import { refuseOlderArchives } from './behind.ts';
import { lockChanges, type Change } from './changes.ts';
import { refuseLostHolds, withHoldsNamed } from './held.ts';
import { dateOfKind, isExempt, kindsWithPast, type MinAge } from './min-age.ts';
import { heldError, type Selection } from './selection.ts';
import { basePackages, holdBack, moveAlone } from './alone/index.ts';
import { retagged, type RetaggedProject, type TagMove } from './tags/index.ts';
import { thaw, withAlone, type ThawedRecording } from './thaw.ts';
import { holdableIn, nearName, unknownHoldsOf, type UnknownHold } from './unknown-holds.ts';

export interface UpdateOptions {
  /** What moves; everything where it is left out. */
  readonly selection?: Selection | undefined;
  /** What of the selection is held, and why. */
  readonly holds?: readonly Hold[];
  /** Whether the lock gets a new date, as it does where all that is not held moves. */
  readonly wholly: boolean;
  /** RFC 3339, UTC, whole seconds: to where it moves. */
  readonly now: string;
  /** Leaves what is younger where it is; see there. */
  readonly minAge?: MinAge | undefined;
  readonly useCache: boolean;
  /** Whether images move to later tags of the same make, which are written into the Dockerfile. */
  readonly tags?: boolean | undefined;
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
  /** What was locked for each of the builds until now. */
  readonly previous: readonly PreviousBuild[];
  /** Images that the Dockerfile names by other tags. */
  readonly tags: readonly TagMove[];
  readonly unknownHolds: readonly UnknownHold[];
  /** Whether the file was written. */
  readonly written: boolean;
}

/** A build of the lock as it was. */
export interface PreviousBuild {
  readonly project: Project;
  readonly entry: NonNullable<LockState['entry']>;
  readonly recording: Recording;
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
  const { selection, now, wholly, minAge, tags = false, holds = [] } = options;
  const states: LockedState[] = [];
  for (const project of projects) states.push(await lockedState(project, runtime));
  const [{ lock: before, text }] = states as [LockedState];
  const unknown = await unknownHoldsOf(holds, before, runtime);
  const dateOf = (kind: KindName) => dateOfKind(kind, before, now, minAge);
  const asOf = wholly ? wholeDate(before, now, minAge) : before.asOf;
  const moved = wholly
    ? { ...keptKinds(before, selection), ...ownDates(before, asOf, dateOf, minAge) }
    : movedKinds(before.moved, selection, dateOf);
  const thawed = selection && (await thawAll(states, selection, holds, runtime));

  const edited = tags ? await retaggedStates(states, selection, runtime) : [];

  const builds: RecordedBuild[] = [];
  for (const [n, { project, entry }] of states.entries()) {
    const frozen = thawed?.[n];
    const ledger = new Ledger('extend', asOf, frozen?.recording, {
      // What the builds of one lock take in common, they take in one version.
      others: builds.map(({ stored }) => stored),
      sourceDate: requestedSourceDate(project),
      moved,
      thawed: frozen && { ...frozen.answers, ...(minAge && datedAnswers(minAge, dateOf)) },
    });
    const built = recordBuild(edited[n]?.project ?? project, ledger, runtime, {
      useCache: options.useCache,
      image: entry.image,
      syntax: entry.syntax,
      movesSyntax: movesFrontend(entry, selection),
    });
    builds.push(
      await built.catch((error: unknown) => {
        throw withHoldsNamed(error, holds);
      }),
    );
  }
  const lock = await lockOf({ asOf, moved, builds: builds.map(({ entry }) => entry) }, runtime);
  const changes = lockChanges(before, lock);
  refuseOlderArchives(changes);
  const pairs = states.flatMap((old, n) => builds.slice(n, n + 1).map(now => ({ old, now })));
  await refuseLostHolds(holds, before, lock, pairs, runtime);
  await options.accept?.(builds);
  if (options.write) for (const one of edited) await writeDockerfile(one);
  const written = options.write && (await writeLock(projects[0], lock, text, runtime));
  const moves = edited.flatMap(one => one.moves);
  return {
    before,
    lock,
    changes,
    builds,
    previous: states,
    tags: uniqueMoves(moves),
    unknownHolds: unknown,
    written,
  };
}

/** A frontend moves as images do: all of them, or the one of its name. */
function movesFrontend(entry: BuildEntry, selection: Selection | undefined): boolean {
  if (selection === undefined) return true;
  const name = frontendOfBuild(entry)?.reference ?? '';
  return !selection.held.has(name) && (selection.kinds.has('image') || selection.names.has(name));
}

/** The projects with later tags, read again. @throws HoldfastError UPDATE_TAGS_KEPT (exit 2) */
async function retaggedStates(
  states: readonly LockedState[],
  selection: Selection | undefined,
  runtime: BuildRuntime,
): Promise<RetaggedProject[]> {
  const platforms = [...new Set(states.map(({ entry }) => entry.platform))];
  const found = await retagged(
    states.map(({ project }) => project),
    platforms,
    selection,
    runtime,
  );
  return found.map(({ project, text, moves }) => {
    // What a compose file names keeps its tag.
    if (project.request.inline !== undefined) return { project, text, moves: [] };
    if (moves.length > 0 && dockerfilePath(project) === undefined)
      throw usageError(
        'UPDATE_TAGS_KEPT',
        'the Dockerfile is no file here, so that no tag can be written into it',
        {
          next: 'Leave out --tags, or name a directory with the Dockerfile in it.',
        },
      );
    return { project: moves.length === 0 ? project : withDockerfile(project, text), text, moves };
  });
}

async function writeDockerfile({ project, text, moves }: RetaggedProject): Promise<void> {
  const path = dockerfilePath(project);
  if (moves.length > 0 && path !== undefined) await replaceFile(path, text);
}

/** Builds of one Dockerfile have its images in common. */
function uniqueMoves(moves: readonly TagMove[]): TagMove[] {
  return [...new Map(moves.map(move => [`${move.from} ${move.places[0]?.file}`, move])).values()];
}

interface LockedState extends PreviousBuild {
  readonly text: string | undefined;
  readonly lock: Lock;
}

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
function movedKinds(
  before: MovedKinds = {},
  selection: Selection | undefined,
  dateOf: (kind: KindName) => string,
): MovedKinds {
  const dated = [...(selection?.kinds ?? [])].filter(kind => kind !== 'image' && kind !== 'file');
  return { ...before, ...Object.fromEntries(dated.map(kind => [kind, dateOf(kind)])) };
}

/** The lock's new date; never behind the one that it has. */
function wholeDate({ asOf }: Lock, now: string, minAge: MinAge | undefined): string {
  if (minAge === undefined) return now;
  return minAge.until > asOf ? minAge.until : asOf;
}

/** Kinds that are exempt as a whole, or were moved further already, have a date of their own. */
function ownDates(
  { moved = {} }: Lock,
  asOf: string,
  dateOf: (kind: KindName) => string,
  minAge: MinAge | undefined,
): MovedKinds {
  if (minAge === undefined) return {};
  const own = [...kindsWithPast].filter(
    kind => dateOf(kind) !== asOf && (minAge.exempt.kinds.has(kind) || moved[kind] !== undefined),
  );
  return Object.fromEntries(own.map(kind => [kind, dateOf(kind)]));
}

function datedAnswers(minAge: MinAge, dateOf: (kind: KindName) => string): Partial<ThawedAnswers> {
  return {
    asOf: kind => (kindsWithPast.has(kind) && !minAge.exempt.kinds.has(kind) ? dateOf(kind) : undefined),
    isExempt: (kind, url) => isExempt(minAge, kind, url),
  };
}

/** Kinds that are held keep their date while the lock gets a new one. */
function keptKinds({ asOf, moved = {} }: Lock, selection: Selection | undefined): MovedKinds {
  const held = kinds.map(({ name }) => name).filter(name => selection?.held.has(name) === true);
  return Object.fromEntries(held.map(name => [name, moved[name] ?? asOf]));
}

async function thawAll(
  states: readonly LockedState[],
  selection: Selection,
  holds: readonly Hold[],
  runtime: BuildRuntime,
): Promise<ThawedRecording[]> {
  const { places } = runtime;
  const thawed: ThawedRecording[] = [];
  const frontends = states.flatMap(({ entry }) => frontendOfBuild(entry)?.reference ?? []);
  const found = new Set(frontends);
  const fixed = new Set<string>();
  for (const state of states) {
    const one = await thaw(state.recording, selection, places);
    for (const [name, word] of one.refused) {
      const hold = holds.find(held => held.name === word);
      if (hold !== undefined) throw heldError(name, hold);
    }
    const others = [...selection.names].filter(name => !one.found.has(name) && !frontends.includes(name));
    const ofBase = await basePackages(others, state, runtime);
    const alone = [...one.alone, ...ofBase.upgraded];
    const { heldBack } = one;
    const moves = alone.length === 0 ? [] : await moveAlone(alone, selection.held, state, runtime);
    const stays = heldBack.size === 0 ? [] : await holdBack(heldBack, state, state.lock.asOf, runtime);
    thawed.push(await withAlone(one, [...moves, ...stays], places));
    for (const name of [...one.found, ...ofBase.upgraded]) found.add(name);
    for (const name of ofBase.fixed) fixed.add(name);
  }
  for (const name of fixed)
    if (found.has(name))
      runtime.note(
        `${name} stays in some images: it came with their base, and no step of theirs upgrades it`,
      );
  const missing = [...selection.names].filter(name => !found.has(name));
  if (missing.length === 0) return thawed;
  const came = missing.filter(name => fixed.has(name));
  if (came.length > 0) throw cameWithBase(came);
  throw usageError('UPDATE_NOTHING_NAMED', `the lock holds nothing called ${missing.join(', ')}`, {
    next: `Name a kind, or an input as the lock names it${suggestion(states, missing[0] ?? '')}.`,
  });
}

function cameWithBase(names: readonly string[]) {
  return usageError(
    'UPDATE_OF_BASE',
    `${names.join(', ')} came with the base image, and no step upgrades ${names.length === 1 ? 'it' : 'them'}`,
    {
      next: 'Move the base image: --only image. What its publisher has not moved yet, a step gets with `apt-get update && apt-get upgrade -y`.',
    },
  );
}

function suggestion(states: readonly LockedState[], wanted: string): string {
  const near = nearName(
    wanted,
    states.slice(0, 1).flatMap(({ lock }) => holdableIn(lock)),
  );
  return near === undefined ? '' : `, such as ${near}`;
}
