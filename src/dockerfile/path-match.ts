import { parsePathPattern, type PathToken } from './path-pattern.ts';

const slash = 0x2f;

/** How far a path can be followed along a pattern. */
export interface PathMatch {
  readonly whole: boolean;
  /** Whether some longer path that begins with this one could match. */
  readonly beginning: boolean;
}

/** Follows all ways through the pattern at once: time is the product of both lengths, whatever the pattern. */
export function followPath(tokens: readonly PathToken[], path: string): PathMatch {
  let states = closure(tokens, [0]);
  for (const character of path) {
    if (states.length === 0) break;
    states = closure(tokens, step(tokens, states, character.codePointAt(0) ?? 0));
  }
  return { whole: states.at(-1) === tokens.length, beginning: states.some(state => state < tokens.length) };
}

/** Ascending, each once, if `states` are so: a token leads to itself or to the next. */
function step(tokens: readonly PathToken[], states: readonly number[], code: number): number[] {
  const next: number[] = [];
  const add = (state: number): void => {
    if (next.at(-1) !== state) next.push(state);
  };
  for (const state of states) {
    const token = tokens[state];
    switch (token?.kind) {
      case undefined:
      case 'optional':
        break;
      case 'literal':
        if (token.code === code) add(state + 1);
        break;
      case 'one':
        if (code !== slash) add(state + 1);
        break;
      case 'class':
        if (token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated) add(state + 1);
        break;
      case 'many':
        if (code !== slash) add(state);
        break;
      case 'rest':
        add(state);
        break;
      case 'inside':
        add(state);
        if (code === slash) add(state + 1);
        break;
    }
  }
  return next;
}

/** Adds the states that are reached without a character. */
function closure(tokens: readonly PathToken[], states: readonly number[]): number[] {
  const all: number[] = [];
  for (const first of states) {
    if (first <= (all.at(-1) ?? -1)) continue;
    for (let state = first; ; state++) {
      all.push(state);
      const kind = tokens[state]?.kind;
      if (kind === 'optional') all.push(++state);
      else if (kind !== 'many' && kind !== 'rest') break;
    }
  }
  return all;
}

/**
 * Go's filepath.Match on slash-separated paths: no wildcard crosses a slash, and `**` is no more than `*`.
 * @throws HoldfastError DOCKERFILE_PATTERN (exit 2)
 */
export function goMatch(pattern: string, name: string): boolean {
  return followPath(parsePathPattern(pattern, false), name).whole;
}
