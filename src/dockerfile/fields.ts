import { type HoldfastError, usageError } from '../core/index.ts';
import { partOf, type UnquotedWord } from './flag-words.ts';
import type { FlagValue } from './flags.ts';
import type { Word } from './mapped-text.ts';
import { excerpt } from './problems.ts';

/** One `name=value` or bare `name` of a flag that takes several: `--mount=type=cache,target=/x,ro`. */
export interface Field {
  /** In lower case. */
  readonly name: string;
  readonly value?: Word;
  /** Name and value as written. */
  readonly whole: Word;
}

/**
 * Cuts a flag's value at its commas, as CSV has it: a field between double quotes may hold commas, and two double
 * quotes in it are one.
 * @throws HoldfastError DOCKERFILE_FLAG_VALUE (exit 2) for quotes that CSV does not allow.
 */
export function fieldsOf(value: FlagValue): Field[] {
  const fields: Field[] = [];
  for (let at = value.from; at <= value.text.length; ) {
    const quoted = value.text[at] === '"';
    const { word, end } = quoted ? quotedField(value, at) : plainField(value, at);
    fields.push(fieldOf(word));
    at = end + 1;
  }
  return fields;
}

function fieldOf(word: UnquotedWord): Field {
  const whole = partOf(word, 0);
  const equals = word.text.indexOf('=');
  if (equals === -1) return { name: word.text.toLowerCase(), whole };
  return { name: word.text.slice(0, equals).toLowerCase(), value: partOf(word, equals + 1), whole };
}

function plainField(value: FlagValue, start: number): { word: UnquotedWord; end: number } {
  const comma = value.text.indexOf(',', start);
  const end = comma === -1 ? value.text.length : comma;
  const text = value.text.slice(start, end);
  if (text.includes('"')) throw badQuote(value);
  return { word: { text, raw: value.raw, positions: value.positions.slice(start, end) }, end };
}

function quotedField(value: FlagValue, start: number): { word: UnquotedWord; end: number } {
  const characters: string[] = [];
  const positions: number[] = [];
  let at = start + 1;
  for (; at < value.text.length; at++) {
    if (value.text[at] === '"' && value.text[++at] !== '"') break;
    characters.push(value.text[at] ?? '');
    positions.push(value.positions[at] ?? 0);
  }
  const closed = value.text[at - 1] === '"' && at > start + 1;
  if (!closed || (at < value.text.length && value.text[at] !== ',')) throw badQuote(value);
  return { word: { text: characters.join(''), raw: value.raw, positions }, end: at };
}

function badQuote(value: FlagValue): HoldfastError {
  return usageError('DOCKERFILE_FLAG_VALUE', `misplaced double quote in "${excerpt(value.text)}"`, {
    where: value.raw.where(),
    next: 'Put a whole field between double quotes, and write a quote inside it twice.',
  });
}
