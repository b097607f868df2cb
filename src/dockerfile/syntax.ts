import { usageError } from '../core/index.ts';
import { isSpace, skipSpaces } from './characters.ts';
import type { EscapeCharacter } from './directives.ts';
import { leadingFlags, type UnquotedWord } from './flag-words.ts';
import { jsonWords } from './json-form.ts';
import type { MappedText, Word } from './mapped-text.ts';
import { argumentsError, excerpt, unknownNameError } from './problems.ts';
import { blankSeparatedWords, firstWordAndRest, quotedPieces } from './words.ts';

/**
 * - `text`: one word, the whole text; none where there is no text
 * - `words`: split at blanks, or at unquoted spaces
 * - `pair`: `ENV name value`, the old form; two words
 * - `json`: the members of a JSON array
 */
export type OperandForm = 'text' | 'words' | 'pair' | 'json';

/** One instruction's line cut into its parts, before their meaning is known. */
export interface Syntax {
  readonly keyword: Keyword;
  /** The whole joined line without spaces around it. */
  readonly line: MappedText;
  readonly flags: readonly UnquotedWord[];
  /** What follows the flags. */
  readonly rest: MappedText;
  readonly form: OperandForm;
  readonly words: readonly Word[];
  /** HEALTHCHECK's first operand, NONE or CMD; it is not among the words. */
  readonly type?: Word;
}

type Operands = Pick<Syntax, 'form' | 'words' | 'type'>;
type Splitter = (rest: MappedText, escape: EscapeCharacter) => Operands;

const text: Splitter = rest => ({ form: 'text', words: rest.text === '' ? [] : [rest.word()] });
const blankSeparated: Splitter = rest => ({ form: 'words', words: blankSeparatedWords(rest) });
const quoted: Splitter = (rest, escape) => ({
  form: 'words',
  words: quotedPieces(rest, escape).map(piece => piece.word()),
});

const orJson =
  (otherwise: Splitter): Splitter =>
  (rest, escape) => {
    const words = jsonWords(rest);
    return words === undefined ? otherwise(rest, escape) : { form: 'json', words };
  };

/** The old form is told by the lack of an equals sign in the first word. */
const namesAndValues: Splitter = (rest, escape) => {
  const { form, words } = quoted(rest, escape);
  if (words[0] === undefined || words[0].text.includes('=')) return { form, words };
  const [name, value] = firstWordAndRest(rest);
  if (value !== undefined) return { form: 'pair', words: [name.word(), value.word()] };
  throw argumentsError(rest.where(), `"${excerpt(rest.text)}" has no value`, 'Write NAME=value.');
};

const typeThenCommand: Splitter = (rest, escape) => {
  let end = 0;
  while (end < rest.text.length && !isSpace(rest.text.charCodeAt(end))) end++;
  if (end === 0) return { form: 'text', words: [] };
  return { ...orJson(text)(rest.slice(skipSpaces(rest.text, end)), escape), type: rest.word(0, end) };
};

const splitters = {
  ADD: orJson(blankSeparated),
  ARG: quoted,
  CMD: orJson(text),
  COPY: orJson(blankSeparated),
  ENTRYPOINT: orJson(text),
  ENV: namesAndValues,
  EXPOSE: blankSeparated,
  FROM: blankSeparated,
  HEALTHCHECK: typeThenCommand,
  LABEL: namesAndValues,
  MAINTAINER: text,
  ONBUILD: text,
  RUN: orJson(text),
  SHELL: orJson(text),
  STOPSIGNAL: text,
  USER: text,
  VOLUME: orJson(blankSeparated),
  WORKDIR: text,
} satisfies Record<string, Splitter>;

export type Keyword = keyof typeof splitters;

const keywords = Object.keys(splitters);

function isKeyword(name: string): name is Keyword {
  return Object.hasOwn(splitters, name);
}

/** @throws HoldfastError (exit 2) DOCKERFILE_UNKNOWN_INSTRUCTION, DOCKERFILE_JSON, DOCKERFILE_ARGUMENTS */
export function splitInstruction(line: MappedText, escape: EscapeCharacter): Syntax {
  const [first, operands] = firstWordAndRest(line);
  const keyword = first.text.toUpperCase();
  if (keyword === '') {
    throw usageError('DOCKERFILE_UNKNOWN_INSTRUCTION', 'a continuation without an instruction', {
      where: line.where(),
      next: 'Remove the line.',
    });
  }
  if (!isKeyword(keyword)) {
    throw unknownNameError(
      'DOCKERFILE_UNKNOWN_INSTRUCTION',
      'instruction',
      first.text,
      keywords,
      line.where(),
    );
  }
  const { flags, rest } = leadingFlags(operands ?? line.slice(line.text.length), escape);
  return { keyword, line, flags, rest, ...splitters[keyword](rest, escape) };
}
