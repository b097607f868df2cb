import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { errnoOf, usageError } from '../core/index.ts';
import { type Baseline, parseBaseline } from './baseline.ts';
import type { CheckConfiguration } from './configuration.ts';
import type { Lock } from '../lock/index.ts';
import type { LockedInputs } from './locked-inputs.ts';
import { type CheckSettings, defaultSettings } from './settings.ts';

/** What the directory that `check` is run in says of it. */
export interface CheckProject {
  readonly settings: CheckSettings;
  readonly exclude: readonly string[];
  /** Where the baseline is, or would be. */
  readonly baselinePath?: string;
}

const configurationName = 'holdfast.yaml';

/**
 * Reads holdfast.yaml of a directory, if there is one.
 * @param given what the command line says; it has the last word.
 * @throws HoldfastError CHECK_CONFIGURATION (exit 2)
 */
export async function readProject(
  directory: string,
  given: { readonly profile?: CheckSettings['profile']; readonly baseline?: string },
): Promise<CheckProject> {
  const path = join(directory, configurationName);
  const configuration = existsSync(path) ? await configurationAt(path) : {};
  const baseline = given.baseline ?? (configuration.baseline && join(directory, configuration.baseline));
  return {
    settings: {
      profile: given.profile ?? configuration.profile ?? defaultSettings.profile,
      severity: configuration.severity ?? {},
    },
    exclude: (configuration.exclude ?? []).map(excluded => resolve(directory, excluded)),
    ...(baseline !== undefined && { baselinePath: baseline }),
  };
}

/** The parser of YAML is loaded where there is something to read. */
async function configurationAt(path: string): Promise<CheckConfiguration> {
  const { parseConfiguration } = await import('./configuration.ts');
  return parseConfiguration(readFileSync(path, 'utf8'), path);
}

/** @throws HoldfastError CHECK_BASELINE (exit 2), also where the file is not there */
export function readBaseline(path: string): Baseline {
  try {
    return parseBaseline(readFileSync(path, 'utf8'), path);
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
    throw usageError('CHECK_BASELINE', `the baseline ${path} cannot be read`, {
      next: 'Write it with `holdfast check --write-baseline`.',
      cause: thrown,
    });
  }
}

/**
 * What holdfast.lock beside a Dockerfile says of its inputs, or the one above it that builds it for a compose project;
 * nothing where there is none.
 * @param above what is known of directories already: files lie side by side
 * @throws HoldfastError as `parseLock` does
 */
export async function readLockedInputs(
  dockerfile: string,
  above: LocksAbove = new Map(),
): Promise<LockedInputs | undefined> {
  const file = resolve(dockerfile);
  const directory = dirname(file);
  for (const at of locksFrom(directory, above)) {
    const { lockedInputs } = await import('./lock-inputs.ts');
    const path = join(at, 'holdfast.lock');
    const locked = lockedInputs(readFileSync(path, 'utf8'), path);
    if (at === directory) return locked;
    const builds = locked.builds(relative(at, file));
    if (builds.length > 0) return { ...locked, builds: () => builds };
  }
  return undefined;
}

/** By directory, it and those above it that have a lock, the nearest first. */
export type LocksAbove = Map<string, readonly string[]>;

/** A lock of another repository says nothing. */
function locksFrom(directory: string, known: LocksAbove): readonly string[] {
  const found = known.get(directory);
  if (found !== undefined) return found;
  const own = existsSync(join(directory, 'holdfast.lock')) ? [directory] : [];
  const isTop = existsSync(join(directory, '.git')) || directory === dirname(directory);
  const all = isTop ? own : [...own, ...locksFrom(dirname(directory), known)];
  known.set(directory, all);
  return all;
}

/** What a lock that is read already says of inputs. */
export async function inputsOfLock(lock: Pick<Lock, 'inputs' | 'builds'>): Promise<LockedInputs> {
  const { lockedInputsOf } = await import('./lock-inputs.ts');
  return lockedInputsOf(lock);
}

/** Whether a path is one of those, or inside of one. */
export function isExcluded(path: string, exclude: readonly string[]): boolean {
  const full = resolve(path);
  return exclude.some(one => full === one || !relative(one, full).startsWith('..'));
}
