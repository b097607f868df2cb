import { rename, writeFile } from 'node:fs/promises';
import { usageError, type HoldfastError } from '../core/index.ts';
import { formatLock, inputsBySection, type BuildEntry, type Lock, type MovedKinds } from '../lock/index.ts';
import { noteLock } from '../share/index.ts';
import type { Project } from './project.ts';
import { lockName, recordedInputs } from './recordings.ts';
import type { BuildRuntime } from './runtime.ts';

/** The lock of some builds, whose recordings the store has. */
export async function lockOf(
  facts: {
    readonly asOf: string;
    readonly moved?: MovedKinds | undefined;
    readonly builds: readonly BuildEntry[];
  },
  runtime: BuildRuntime,
): Promise<Lock> {
  const { inputs } = await recordedInputs(facts.builds, runtime);
  return { version: 1, ...facts, inputs: inputsBySection(inputs) };
}

/**
 * Writes the lock where it is another one than there is.
 * @param previous the file's text until now. @returns whether it was written.
 * @throws HoldfastError LOCK_NOT_KEPT (exit 2)
 */
export async function writeLock(
  project: Project,
  lock: Lock,
  previous: string | undefined,
  { store }: BuildRuntime,
): Promise<boolean> {
  const text = formatLock(lock);
  if (text === previous) return false;
  await replaceLock(project, text);
  await noteLock(store, project.lockPath, text, lock);
  return true;
}

/** The old lock or the new one, never half of one. */
async function replaceLock({ lockPath: path, lockKept }: Project, text: string): Promise<void> {
  if (!lockKept) throw lockNotKept();
  await replaceFile(path, text);
}

/** A file with its old text or the new one, never with half of one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text, { flush: true });
  await rename(temporary, path);
}

function lockNotKept(): HoldfastError {
  return usageError('LOCK_NOT_KEPT', `the ${lockName} of the context is stale, and would be gone with it`, {
    next: `Run \`holdfast lock\` where the context is kept, or name a file for the new lock with --lockfile.`,
  });
}
