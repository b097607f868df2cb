import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { configurationName } from '../build/index.ts';
import { staleError, usageError } from '../core/index.ts';
import {
  inputsBySection,
  inputSections,
  lineText,
  lockMismatch,
  parseLock,
  readRecording,
  type BuildEntry,
  type Lock,
  type RecordedInput,
} from '../lock/index.ts';
import { addBuildChoice, chosenBuilds, type BuildChoice } from './build-choice.ts';
import { lockText } from './lock-text.ts';
import { openStore, type StoreOptions } from './store-common.ts';

export interface LockedOptions extends StoreOptions, BuildChoice {}

export function addLockedOptions(command: Command): Command {
  return addBuildChoice(
    command.argument('[lock]', 'a lock, the directory that it lies in, or REVISION:PATH of git', '.'),
  );
}

/** One build of a lock, and all that it takes. */
export interface LockedEntry {
  readonly lock: Lock;
  readonly entry: BuildEntry;
  /** Sorted as the lock has them. */
  readonly inputs: readonly RecordedInput[];
}

/** @throws HoldfastError LOCK_MISSING (exit 3), DIFF_UNREADABLE (2), and what parseLock throws */
export async function readNamedLock(place: string): Promise<Lock> {
  const path = isDirectory(place) ? join(place, 'holdfast.lock') : place;
  if (path !== place && !existsSync(path))
    throw staleError('LOCK_MISSING', `there is no ${path}`, {
      next: 'Run `holdfast lock`, or name the lock or its directory.',
    });
  return parseLock(await lockText(path), path);
}

/** The project's configuration; that of the current directory where the lock is of a revision. */
export function configurationBeside(place: string): string {
  if (isDirectory(place)) return join(place, configurationName);
  return join(existsSync(place) ? dirname(place) : '.', configurationName);
}

const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * The build that the options choose. A lock of one build says by itself what that takes; of one with several, the
 * recordings in the store tell which line is whose.
 * @throws HoldfastError BUILD_NOT_CHOSEN (exit 2), LOCK_STALE (3), and what readRecording and lockMismatch throw
 */
export async function lockedEntry(place: string, options: LockedOptions): Promise<LockedEntry> {
  const lock = await readNamedLock(place);
  const entry = chosenBuild(lock.builds, options);
  if (lock.builds.length === 1) return { lock, entry, inputs: allInputs(lock) };
  const inputs = await inputsOf(lock, [entry], options);
  return { lock, entry, inputs };
}

/**
 * A lock as it would be if it had but the builds of a choice.
 * @throws HoldfastError SERVICE_NOT_LOCKED, BUILD_NOT_CHOSEN (exit 2), and what lockedEntry throws of recordings
 */
export async function narrowedLock(lock: Lock, choice: BuildChoice & StoreOptions): Promise<Lock> {
  const builds = chosenBuilds(lock.builds, choice);
  if (builds.length === 0) throw notChosen(lock.builds, builds);
  if (builds.length === lock.builds.length) return lock;
  return { ...lock, builds, inputs: inputsBySection(await inputsOf(lock, builds, choice)) };
}

/** Every line of a lock, as the input of a recording. */
export function allInputs({ inputs }: Lock): RecordedInput[] {
  return sorted(inputSections.flatMap(section => inputs[section].map(line => ({ section, line }))));
}

function chosenBuild(builds: readonly BuildEntry[], choice: BuildChoice): BuildEntry {
  const fitting = chosenBuilds(builds, choice);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  throw notChosen(builds, fitting);
}

function notChosen(builds: readonly BuildEntry[], fitting: readonly BuildEntry[]) {
  const hasServices = builds.some(({ service }) => service !== undefined);
  return usageError('BUILD_NOT_CHOSEN', `${fitting.length} builds of the lock fit; it takes one`, {
    details: builds.map(({ service, dockerfile, target, platform }) =>
      [service, dockerfile, target, platform].filter(part => part !== undefined).join(' '),
    ),
    next: `Choose one by ${hasServices ? '--service, ' : ''}--file, --target and --platform.`,
  });
}

async function inputsOf(
  lock: Lock,
  chosen: readonly BuildEntry[],
  options: StoreOptions,
): Promise<RecordedInput[]> {
  const store = await openStore(options);
  const all: RecordedInput[] = [];
  const own: RecordedInput[] = [];
  for (const build of lock.builds) {
    if (!(await store.has(build.recording)))
      throw staleError('RECORDING_MISSING', 'which of the builds took which input, the store does not have', {
        next: 'Get it with `holdfast store pull` from where it was pushed to, or lock again.',
      });
    const { inputs } = await readRecording(store, build.recording);
    all.push(...inputs);
    if (chosen.includes(build)) own.push(...inputs);
  }
  const mismatch = lockMismatch(lock, all, 'holdfast.lock');
  if (mismatch) throw mismatch;
  return sorted(own.map(({ section, line }) => ({ section, line })));
}

function sorted(inputs: readonly RecordedInput[]): RecordedInput[] {
  const texts = new Map(inputs.map(input => [lineText(input.section, input.line), input]));
  const order = (input: RecordedInput) => inputSections.indexOf(input.section);
  return [...texts]
    .toSorted(([a, x], [b, y]) => order(x) - order(y) || (a < b ? -1 : a > b ? 1 : 0))
    .map(([, input]) => input);
}
