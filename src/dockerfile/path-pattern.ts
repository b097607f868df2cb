import { type HoldfastError, usageError } from '../core/index.ts';
import { excerpt } from './problems.ts';

/**
 * - `literal`: this character
 * - `one`, `many`: one character, or any number of them, but no slash
 * - `class`: one character of these ranges, or with `negated` one of none of them; that can be a slash
 * - `optional` and `inside`, always together: `**` before something; nothing, or anything that ends in a slash
 * - `rest`: anything
 */
export type PathToken =
  | { readonly kind: 'literal'; readonly code: number }
  | { readonly kind: 'one' | 'many' | 'optional' | 'inside' | 'rest' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly Range[] };

type Range = readonly [low: number, high: number];

/**
 * Reads a pattern of Go's filepath.Match; with `deep` also `**`, as .dockerignore has it.
 * @throws HoldfastError DOCKERFILE_PATTERN (exit 2)
 */
export function parsePathPattern(pattern: string, deep: boolean): PathToken[] {
  const tokens: PathToken[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === '*' && deep && characters[at + 1] === '*') {
      if (characters[++at + 1] === '/') at++;
      if (at + 1 === characters.length) tokens.push({ kind: 'rest' });
      else tokens.push({ kind: 'optional' }, { kind: 'inside' });
    } else if (character === '*') tokens.push({ kind: 'many' });
    else if (character === '?') tokens.push({ kind: 'one' });
    else if (character === '[') {
      const { token, end } = characterClass(pattern, characters, at + 1);
      tokens.push(token);
      at = end;
    } else if (character !== '\\') tokens.push({ kind: 'literal', code: codeOf(character) });
    else {
      const escaped = characters[++at];
      if (escaped === undefined) throw badPattern(pattern);
      tokens.push({ kind: 'literal', code: codeOf(escaped) });
    }
  }
  return tokens;
}

function characterClass(
  pattern: string,
  characters: readonly string[],
  start: number,
): { token: PathToken; end: number } {
  const negated = characters[start] === '^';
  const ranges: Range[] = [];
  let at = negated ? start + 1 : start;
  const bound = (): number => {
    let character = characters[at++];
    if (character === '-' || character === ']') throw badPattern(pattern);
    if (character === '\\') character = characters[at++];
    // A class that is not closed is wrong, however much of it there is.
    if (character === undefined || at >= characters.length) throw badPattern(pattern);
    return codeOf(character);
  };
  while (ranges.length === 0 || characters[at] !== ']') {
    const low = bound();
    if (characters[at] === '-') at++;
    else {
      ranges.push([low, low]);
      continue;
    }
    ranges.push([low, bound()]);
  }
  return { token: { kind: 'class', negated, ranges }, end: at };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function badPattern(pattern: string): HoldfastError {
  return usageError('DOCKERFILE_PATTERN', `"${excerpt(pattern)}" is not a valid pattern`, {
    next: 'Close every "[" with "]", and put nothing but a character behind "\\".',
  });
}
