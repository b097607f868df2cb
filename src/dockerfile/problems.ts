import { type HoldfastError, type SourcePlace, usageError } from '../core/index.ts';
import { didYouMean } from './suggestion.ts';

/** Enough of something the user wrote to recognise it in a one-line message. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

export function argumentsError(where: SourcePlace, message: string, next: string): HoldfastError {
  return usageError('DOCKERFILE_ARGUMENTS', message, { where, next });
}

/** An error for a name that is not one of `known`, with the nearest of them or all of them as advice. */
export function unknownNameError(
  code: string,
  what: string,
  given: string,
  known: readonly string[],
  where: SourcePlace,
): HoldfastError {
  const near = didYouMean(given, known);
  return usageError(code, `unknown ${what} "${excerpt(given)}"`, {
    where,
    next: near === undefined ? `Use one of ${known.join(', ')}.` : `Did you mean ${near}?`,
  });
}
