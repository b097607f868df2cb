import { type HoldfastError, type SourcePlace, usageError } from '../core/index.ts';
import { excerpt } from './problems.ts';

/** Makes the errors of one expansion; each of them names the text that was to be expanded. */
export class ExpansionErrors {
  readonly #text: string;
  readonly #where: SourcePlace | undefined;

  constructor(text: string, where: SourcePlace | undefined) {
    this.#text = text;
    this.#where = where;
  }

  badSubstitution(cause: string): HoldfastError {
    return usageError('DOCKERFILE_BAD_SUBSTITUTION', `${cause} in "${excerpt(this.#text)}"`, {
      where: this.#where,
      next: 'Write $NAME or ${NAME}, or one of the forms ${NAME:-…} :+ :? # ## % %% / //; to keep a $, escape it.',
    });
  }

  unclosedQuote(quote: string): HoldfastError {
    return usageError('DOCKERFILE_QUOTE_UNCLOSED', `a ${quote} is not closed in "${excerpt(this.#text)}"`, {
      where: this.#where,
      next: 'Close the quote, or escape it.',
    });
  }

  /** `${name:?message}` and the like. */
  required(name: string, state: 'unset' | 'empty', message: string): HoldfastError {
    const cause = message === '' ? `is not allowed to be ${state}` : excerpt(message);
    return usageError('DOCKERFILE_VARIABLE_REQUIRED', `${name}: ${cause}`, {
      where: this.#where,
      next: `Give ${name} a value, for example with --build-arg ${name}=….`,
    });
  }

  tooLarge(): HoldfastError {
    return usageError('DOCKERFILE_EXPANSION_TOO_LARGE', `"${excerpt(this.#text)}" expands to too much text`, {
      where: this.#where,
      next: 'Look for a variable whose value holds itself several times over.',
    });
  }
}
