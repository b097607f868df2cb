import type { RecordedInput } from '../lock/index.ts';
import type { BuildOutcome } from './execute.ts';
import { checkInstalled, installedError, type InstalledCheck } from './installed.ts';
import type { BuildRuntime } from './runtime.ts';

/** What is installed must be what was taken. @throws INSTALLED_DIFFERS (exit 1) */
export function installedMustMatch(
  { installed }: BuildOutcome,
  inputs: readonly RecordedInput[],
): InstalledCheck | undefined {
  const check = installed && checkInstalled(installed, inputs);
  const error = check && installedError(check);
  if (error) throw error;
  return check;
}

/** How many packages a note names. */
const mostNamed = 8;

/** What came from the build's own files is as locked as these; a reader of the lock should know of it all the same. */
export function noteUnaccounted(check: InstalledCheck | undefined, { note }: BuildRuntime): void {
  const { unaccounted = [] } = check ?? {};
  if (unaccounted.length === 0) return;
  const names = unaccounted
    .slice(0, mostNamed)
    .map(({ kind, name, version }) => `${kind} ${name} ${version}`);
  const more = unaccounted.length > mostNamed ? `, and ${unaccounted.length - mostNamed} more` : '';
  note(`installed from the build's own files, so the lock has no line for: ${names.join(', ')}${more}`);
}
