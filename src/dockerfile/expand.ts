import type { SourcePlace } from '../core/index.ts';
import type { EscapeCharacter } from './directives.ts';
import { type LexerOptions, ShellLexer, type Variables } from './shell-lexer.ts';

export interface Expansion {
  readonly text: string;
  /** Names of the variables that had a value. */
  readonly used: readonly string[];
  /** Names of those that had none, whether or not a default stood in. */
  readonly unset: readonly string[];
}

export interface ExpandedWords extends Omit<Expansion, 'text'> {
  readonly words: readonly string[];
}

/**
 * The value of one word of an instruction: quotes and escapes removed, variables put in (BuildKit's ProcessWord).
 * Blanks do not split it.
 * @param where the place that an error names.
 * @throws HoldfastError (exit 2) DOCKERFILE_BAD_SUBSTITUTION, DOCKERFILE_QUOTE_UNCLOSED,
 *   DOCKERFILE_VARIABLE_REQUIRED for `${name:?…}`, DOCKERFILE_EXPANSION_TOO_LARGE.
 */
export function expandWord(
  word: string,
  variables: Variables,
  escape: EscapeCharacter = '\\',
  where?: SourcePlace,
): Expansion {
  return expansion(word, variables, { escape, quotes: 'removed', escapes: 'removed', unset: 'empty', where });
}

/**
 * As `expandWord`, then split at the blanks that are neither quoted nor escaped, those inside the values of variables
 * included (BuildKit's ProcessWords): the operands of EXPOSE.
 */
export function expandWords(
  text: string,
  variables: Variables,
  escape: EscapeCharacter = '\\',
  where?: SourcePlace,
): ExpandedWords {
  const options: LexerOptions = { escape, quotes: 'removed', escapes: 'removed', unset: 'empty', where };
  const lexer = new ShellLexer(text, variables, options);
  const { words } = lexer.run();
  return { words, used: [...lexer.used], unset: [...lexer.unset] };
}

/**
 * The content of a heredoc that COPY or ADD writes to a file, where the heredoc's name was not quoted. Quotes stay,
 * and the escape is a backslash whatever the directive says.
 */
export function expandHeredoc(content: string, variables: Variables, where?: SourcePlace): Expansion {
  return expansion(content, variables, {
    escape: '\\',
    quotes: 'plain',
    escapes: 'removed',
    unset: 'empty',
    where,
  });
}

function expansion(text: string, variables: Variables, options: LexerOptions): Expansion {
  const lexer = new ShellLexer(text, variables, options);
  const result = lexer.run();
  return { text: result.text, used: [...lexer.used], unset: [...lexer.unset] };
}
