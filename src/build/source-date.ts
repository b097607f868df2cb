import { usageError } from '../core/index.ts';
import { globalScope, sourceDateName } from './arguments.ts';
import type { Project } from './project.ts';

/**
 * The date that the argument SOURCE_DATE_EPOCH asks for, given or as the default of an ARG before the first FROM, in Unix
 * seconds; nothing where the lock's own counts.
 * @throws HoldfastError SOURCE_DATE_EPOCH_INVALID (exit 2)
 */
export function requestedSourceDate(project: Project): number | undefined {
  const { values, buildArguments } = globalScope(project);
  const text = values.get(sourceDateName) ?? buildArguments[sourceDateName] ?? '';
  if (text === '') return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw usageError('SOURCE_DATE_EPOCH_INVALID', `the argument SOURCE_DATE_EPOCH is "${text.slice(0, 40)}"`, {
    next: 'Set it to seconds since 1970, to "context" for that of a fetched context, or leave it out for the lock’s date.',
  });
}
