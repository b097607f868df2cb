import { type HoldfastError, usageError } from '../core/index.ts';
import { partOf, type UnquotedWord } from './flag-words.ts';
import type { Word } from './mapped-text.ts';
import { excerpt, unknownNameError } from './problems.ts';

/** How a flag may be given: once with or without a truth value, once with a value, or often with a value each. */
export type FlagKind = 'switch' | 'value' | 'values';

/** `--name` or `--name=value` as the user gave it, quotes and escapes removed. */
export interface Flag {
  readonly name: string;
  readonly value?: Word;
}

/** A value that can be cut into parts which keep their places: the fields of `--mount`. */
export type FlagValue = UnquotedWord & { readonly from: number };

/** The flags of one instruction, checked against those that it knows. */
export class Flags<Name extends string> {
  readonly #given = new Map<string, UnquotedWord[]>();

  /**
   * @throws HoldfastError (exit 2) DOCKERFILE_UNKNOWN_FLAG; DOCKERFILE_FLAG_VALUE for a flag given twice, without a
   *   value or with one it cannot have.
   */
  constructor(keyword: string, words: readonly UnquotedWord[], kinds: Readonly<Record<Name, FlagKind>>) {
    const known = new Map(Object.entries<FlagKind>(kinds));
    for (const word of words) {
      const name = flagName(word);
      const kind = known.get(name);
      if (kind === undefined) throw unknownFlag(keyword, word, [...known.keys()]);
      checkValue(name, kind, word);
      const earlier = this.#given.get(name);
      if (earlier === undefined) this.#given.set(name, [word]);
      else if (kind === 'values') earlier.push(word);
      else throw badValue(word, `--${name} is given twice`);
    }
  }

  /** Undefined where the flag is not given: for some, that is not the same as false. */
  switch(name: Name): boolean | undefined {
    const word = this.#given.get(name)?.[0];
    return word === undefined ? undefined : flagOf(word).value?.text.toLowerCase() !== 'false';
  }

  value(name: Name): Word | undefined {
    return this.values(name)[0];
  }

  values(name: Name): Word[] {
    return this.parts(name).map(value => partOf(value, value.from));
  }

  /** The flag's values, to be cut up. */
  parts(name: Name): FlagValue[] {
    return (this.#given.get(name) ?? []).map(word => ({ ...word, from: name.length + 3 }));
  }
}

export function flagOf(word: UnquotedWord): Flag {
  const name = flagName(word);
  const from = name.length + 3;
  return word.text[from - 1] === '=' ? { name, value: partOf(word, from) } : { name };
}

function flagName(word: UnquotedWord): string {
  const equals = word.text.indexOf('=');
  return word.text.slice(2, equals === -1 ? undefined : equals);
}

function checkValue(name: string, kind: FlagKind, word: UnquotedWord): void {
  const { value } = flagOf(word);
  if (kind !== 'switch') {
    if (value === undefined) throw badValue(word, `--${name} lacks a value`);
    return;
  }
  if (value === undefined || ['true', 'false'].includes(value.text.toLowerCase())) return;
  throw badValue(word, `--${name} is either true or false, not "${excerpt(value.text)}"`);
}

function badValue(word: UnquotedWord, message: string): HoldfastError {
  return usageError('DOCKERFILE_FLAG_VALUE', message, {
    where: word.raw.where(),
    next: 'Correct the flag; the Dockerfile reference lists its values.',
  });
}

function unknownFlag(keyword: string, word: UnquotedWord, known: readonly string[]): HoldfastError {
  const code = 'DOCKERFILE_UNKNOWN_FLAG';
  if (known.length > 0) {
    const names = known.map(name => `--${name}`);
    return unknownNameError(code, `flag of ${keyword}`, `--${flagName(word)}`, names, word.raw.where());
  }
  return usageError(code, `${keyword} takes no flags, but "${excerpt(word.text)}" is one`, {
    where: word.raw.where(),
    next: 'Remove it, or write "--" before it if it is meant as an operand.',
  });
}
