import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { configurationName } from '../build/index.ts';
import { formatPlatform, parsePlatform, staleError, usageError } from '../core/index.ts';
import {
  inputSections,
  lineText,
  lockMismatch,
  parseLock,
  readRecording,
  type BuildEntry,
  type Lock,
  type RecordedInput,
} from '../lock/index.ts';
import type { Store } from '../store/index.ts';
import { lockText } from './lock-text.ts';
import { openStore, type StoreOptions } from './store-common.ts';

export interface LockedOptions extends StoreOptions {
  readonly file?: string;
  readonly target?: string;
  readonly platform?: string;
}

export function addLockedOptions(command: Command): Command {
  return command
    .argument('[lock]', 'a lock, the directory that it lies in, or REVISION:PATH of git', '.')
    .option('-f, --file <path>', 'of a lock of several builds the Dockerfile, as the lock names it')
    .option('--target <stage>', 'of a lock of several builds the target')
    .option('--platform <os/arch>', 'of a lock of several builds the platform');
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
  const inputs = await inputsOf(lock, entry, await openStore(options));
  return { lock, entry, inputs };
}

/** Every line of a lock, as the input of a recording. */
export function allInputs({ inputs }: Lock): RecordedInput[] {
  return sorted(inputSections.flatMap(section => inputs[section].map(line => ({ section, line }))));
}

function chosenBuild(builds: readonly BuildEntry[], { file, target, platform }: LockedOptions): BuildEntry {
  const wanted = platform === undefined ? undefined : formatPlatform(parsePlatform(platform));
  const fitting = builds.filter(
    build =>
      (file === undefined || build.dockerfile === file) &&
      (target === undefined || build.target === target) &&
      (wanted === undefined || build.platform === wanted),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  throw usageError('BUILD_NOT_CHOSEN', `${fitting.length} builds of the lock fit; it takes one`, {
    details: builds.map(one => [one.dockerfile, one.target ?? '', one.platform].join(' ').replace('  ', ' ')),
    next: 'Choose one by --file, --target and --platform.',
  });
}

async function inputsOf(lock: Lock, entry: BuildEntry, store: Store): Promise<RecordedInput[]> {
  const all: RecordedInput[] = [];
  let own: readonly RecordedInput[] = [];
  for (const build of lock.builds) {
    if (!(await store.has(build.recording)))
      throw staleError('RECORDING_MISSING', 'which of the builds took which input, the store does not have', {
        next: 'Get it with `holdfast store pull` from where it was pushed to, or lock again.',
      });
    const { inputs } = await readRecording(store, build.recording);
    all.push(...inputs);
    if (build === entry) own = inputs;
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
