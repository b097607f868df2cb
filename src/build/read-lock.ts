import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError, messageOf, staleError } from '../core/index.ts';
import { lockMismatch, parseLock, type Lock, type Recording } from '../lock/index.ts';
import { configurationName, readConfiguration, type Configuration } from './configuration.ts';
import { recordedInputs } from './recordings.ts';
import type { BuildRuntime } from './runtime.ts';

/** A lock without the project that it is of. */
export interface ReadLock {
  readonly lock: Lock;
  /** None where no place has them any more: the lock's lines stand alone then. */
  readonly recordings: readonly Recording[];
  readonly configuration: Configuration;
}

/**
 * Reads a lock and what belongs to it, and holds its lines against its recordings as far as these are at hand.
 * @throws HoldfastError LOCK_MISSING (exit 3), what parseLock, readConfiguration and lockMismatch throw or return
 */
export async function readLock(path: string, runtime: BuildRuntime): Promise<ReadLock> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw staleError('LOCK_MISSING', `${path} cannot be read: ${messageOf(error)}`, {
      next: 'Run `holdfast lock` and commit holdfast.lock.',
    });
  });
  const configuration = await readConfiguration(join(dirname(path), configurationName));
  runtime.places.configure(configuration);
  const lock = parseLock(text, path);
  try {
    const { recordings, inputs } = await recordedInputs(lock.builds, runtime);
    const mismatch = lockMismatch(lock, inputs, path);
    if (mismatch) throw mismatch;
    return { lock, recordings, configuration };
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_BLOB_MISSING') throw error;
    runtime.note(`${path}: its recordings are not in the store; the lock's lines alone are looked up`);
    return { lock, recordings: [], configuration };
  }
}
