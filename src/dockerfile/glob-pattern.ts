import { usageError } from '../core/index.ts';

/** `?` and `*` of the patterns in ${name#pattern} and its kin match anything but a line feed. */
type Token =
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'literal'; readonly text: string };

/** A pattern as POSIX shells have it, without brackets (BuildKit knows none here). */
export type GlobPattern = readonly Token[];

/** Comparisons that one substitution may take: a second or so. Only a contrived pattern needs a thousandth of it. */
const maximumWork = 50_000_000;

/**
 * A backslash makes `*`, `?`, `\`, `/` and `}` literal.
 * @returns undefined where it stands before anything else.
 */
export function parseGlob(pattern: string): GlobPattern | undefined {
  const tokens: Token[] = [];
  const characters = Array.from(pattern);
  for (let index = 0; index < characters.length; index++) {
    const text = characters[index] ?? '';
    if (text === '*') tokens.push({ kind: 'many' });
    else if (text === '?') tokens.push({ kind: 'one' });
    else if (text === '\\') {
      const escaped = characters[++index];
      if (escaped === undefined || !'*?\\/}'.includes(escaped)) return undefined;
      tokens.push({ kind: 'literal', text: escaped });
    } else tokens.push({ kind: 'literal', text });
  }
  return tokens;
}

/** `value` without the shortest or longest beginning that matches; unchanged where none does. */
export function withoutPrefix(value: string, pattern: GlobPattern, longest: boolean): string {
  const characters = Array.from(value);
  const end = new Matcher(pattern, characters).end(0, longest);
  return end === undefined ? value : characters.slice(end).join('');
}

/** `value` without the shortest or longest end that matches; unchanged where none does. */
export function withoutSuffix(value: string, pattern: GlobPattern, longest: boolean): string {
  const characters = Array.from(value).toReversed();
  const end = new Matcher(pattern.toReversed(), characters).end(0, longest);
  return end === undefined ? value : characters.slice(end).toReversed().join('');
}

/** `value` with the first (or every) longest match replaced. */
export function replaced(value: string, pattern: GlobPattern, replacement: string, all: boolean): string {
  const characters = Array.from(value);
  const matcher = new Matcher(pattern, characters);
  const parts: string[] = [];
  let previousEnd = -1;
  for (let at = 0; at <= characters.length; ) {
    const end = matcher.end(at, true);
    // As in Go, an empty match right behind another match is none.
    const counts = end !== undefined && !(end === at && at === previousEnd);
    if (counts) {
      parts.push(replacement);
      previousEnd = end;
      if (!all) return parts.join('') + characters.slice(end).join('');
    }
    if (counts && end > at) at = end;
    else parts.push(characters[at++] ?? '');
  }
  return parts.join('');
}

/** Follows all ways through a pattern at once, so that no pattern makes it take exponential time. */
class Matcher {
  readonly #pattern: GlobPattern;
  readonly #characters: readonly string[];
  #work = 0;

  constructor(pattern: GlobPattern, characters: readonly string[]) {
    this.#pattern = pattern;
    this.#characters = characters;
  }

  /** Where a match that begins at `start` ends. */
  end(start: number, longest: boolean): number | undefined {
    const accepting = this.#pattern.length;
    let found: number | undefined;
    let states = this.#closure([0]);
    for (let at = start; ; at++) {
      if (states.at(-1) === accepting) {
        found = at;
        if (!longest) return found;
      }
      const character = this.#characters[at];
      if (character === undefined || states.length === 0) return found;
      states = this.#closure(this.#step(states, character));
    }
  }

  #step(states: readonly number[], character: string): number[] {
    this.#work += states.length;
    if (this.#work > maximumWork) {
      throw usageError('DOCKERFILE_EXPANSION_TOO_LARGE', 'a pattern substitution takes too long', {
        next: 'Use a shorter value or a pattern with fewer wildcards.',
      });
    }
    const next: number[] = [];
    for (const state of states) {
      const token = this.#pattern[state];
      if (token === undefined) continue;
      if (token.kind === 'literal' ? token.text === character : character !== '\n') {
        next.push(token.kind === 'many' ? state : state + 1);
      }
    }
    return next;
  }

  /** Adds the states behind `many` tokens, which may match nothing. Ascending, each once. */
  #closure(states: readonly number[]): number[] {
    const all: number[] = [];
    for (const first of states) {
      if (first <= (all.at(-1) ?? -1)) continue;
      let state = first;
      while (this.#pattern[state]?.kind === 'many') all.push(state++);
      all.push(state);
    }
    return all;
  }
}
