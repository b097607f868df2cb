import { readFile } from 'node:fs/promises';
import { parseLock } from '../lock/index.ts';
import { contextStep, fetchContext, type FetchedContext } from './files/index.ts';
import { Ledger } from './ledger.ts';
import { lockName, recordedInputs } from './recordings.ts';
import type { BuildRuntime } from './runtime.ts';

/**
 * Fetches a build context: as the lock at `lockPath` holds it, else as it is now.
 * @throws HoldfastError what fetchContext and parseLock throw
 */
export async function fetchLockedContext(
  url: string,
  { lockPath, keepGitDir, asOf }: { lockPath: string; keepGitDir: boolean; asOf: string },
  runtime: BuildRuntime,
  work: string,
): Promise<FetchedContext> {
  const text = await readFile(lockPath, 'utf8').catch(() => undefined);
  const lock = text === undefined ? undefined : parseLock(text, lockName);
  const { recordings } = await recordedInputs(lock?.builds ?? [], runtime);
  const { command } = contextStep(url);
  const others = recordings.filter(({ steps }) => steps.some(step => step.command === command));
  const ledger = new Ledger('extend', lock?.asOf ?? asOf, undefined, { others });
  return fetchContext({ input: { ledger }, runtime, signal: runtime.signal }, url, keepGitDir, work);
}
