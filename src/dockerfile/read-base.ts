import type { EscapeCharacter } from './directives.ts';
import { type Flag, type FlagKind, flagOf, Flags } from './flags.ts';
import type { Heredoc } from './heredoc.ts';
import type { MappedText, Word } from './mapped-text.ts';
import { argumentsError } from './problems.ts';
import type { Source, SourceRange } from './source.ts';
import type { OperandForm, Syntax } from './syntax.ts';

/** One instruction on its way from words to meaning. */
export interface Reading {
  readonly source: Source;
  readonly escape: EscapeCharacter;
  readonly syntax: Syntax;
  readonly heredocs: readonly Heredoc[];
  readonly range: SourceRange;
}

interface Common {
  readonly range: SourceRange;
  readonly line: MappedText;
  readonly flags: readonly Flag[];
  readonly form: OperandForm;
  readonly words: readonly Word[];
  readonly heredocs: readonly Heredoc[];
}

/** The members that all instructions have. */
export function commonOf({ syntax, heredocs, range }: Reading): Common {
  const { line, form, words } = syntax;
  return { range, line, flags: syntax.flags.map(flagOf), form, words, heredocs };
}

export function flagsOf<Name extends string>(
  reading: Reading,
  kinds: Readonly<Record<Name, FlagKind>>,
): Flags<Name> {
  return new Flags(reading.syntax.keyword, reading.syntax.flags, kinds);
}

/** @throws HoldfastError DOCKERFILE_UNKNOWN_FLAG (exit 2) if there is any. */
export function refuseFlags(reading: Reading): void {
  flagsOf<never>(reading, {});
}

/** @throws HoldfastError DOCKERFILE_ARGUMENTS (exit 2) */
export function onlyWord({ syntax }: Reading): Word {
  const [word, ...more] = syntax.words;
  if (word !== undefined && more.length === 0) return word;
  throw argumentsError(
    syntax.line.where(),
    `${syntax.keyword} takes exactly one operand`,
    `Write ${syntax.keyword} and what it shall be set to.`,
  );
}

/** @throws HoldfastError DOCKERFILE_ARGUMENTS (exit 2) */
export function someWords({ syntax }: Reading): readonly Word[] {
  if (syntax.words.length > 0) return syntax.words;
  throw argumentsError(
    syntax.line.where(),
    `${syntax.keyword} needs at least one operand`,
    'Give one, or remove the instruction.',
  );
}
