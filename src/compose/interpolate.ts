import { usageError } from '../core/index.ts';
import { TextJoiner, type MappedText, type Source } from '../dockerfile/index.ts';

/** A variable's value; nothing where it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface InterpolationOptions {
  readonly lookup: Lookup;
  /** Whether a variable without a value stays as `${NAME}`, and none is missed, rather than becoming nothing. */
  readonly keepUnset?: boolean;
}

export interface Interpolated {
  readonly text: MappedText;
  readonly unset: readonly string[];
  readonly isLiteral: boolean;
}

/**
 * Puts variables into a value (Compose specification, "Interpolation").
 * @throws HoldfastError COMPOSE_INTERPOLATION, COMPOSE_VARIABLE_MISSING (exit 2)
 */
export function interpolate(text: MappedText, source: Source, options: InterpolationOptions): Interpolated {
  if (!text.text.includes('$')) return { text, unset: [], isLiteral: true };
  const unset = new Set<string>();
  const joiner = new TextJoiner(source);
  let isLiteral = true;
  for (const piece of piecesOf(text.text, { options, unset, text, depth: 0, at: 0 })) {
    if ('end' in piece) joiner.addMapped(text.slice(piece.start, piece.end));
    else {
      isLiteral = false;
      // Its first and last characters stand for where the variable begins and ends, those between for the former.
      const [first, last] = [text.offsetOf(piece.at), text.offsetOf(piece.to - 1)];
      for (const [n, character] of piece.value.split('').entries())
        joiner.addSynthetic(character, n > 0 && n === piece.value.length - 1 ? last : first);
    }
  }
  return { text: joiner.finish(text.offsetOf(0)), unset: [...unset], isLiteral };
}

/** The same in text that is in no compose file, such as an env file's. `fail` throws. */
export function interpolateText(text: string, lookup: Lookup, fail: (why: string) => never): string {
  const scope: Scope = { options: { lookup }, unset: new Set(), fail, depth: 0, at: 0 };
  return joined(text, scope);
}

interface Scope {
  readonly options: InterpolationOptions;
  readonly unset: Set<string>;
  /** Where the text stands in a file. */
  readonly text?: MappedText;
  readonly fail?: (why: string) => never;
  readonly depth: number;
  /** Where in that text the outermost variable begins. */
  readonly at: number;
}

type Piece =
  | { readonly start: number; readonly end: number }
  | { readonly at: number; readonly to: number; readonly value: string };

/** Deeper nesting than this is no one's work. */
const deepest = 32;

function joined(text: string, scope: Scope): string {
  let result = '';
  for (const piece of piecesOf(text, scope))
    result += 'end' in piece ? text.slice(piece.start, piece.end) : piece.value;
  return result;
}

const plainName = /[_a-z][_a-z0-9]*/iy;

function* piecesOf(text: string, around: Scope): Generator<Piece> {
  let done = 0;
  for (let at = text.indexOf('$'); at !== -1; at = text.indexOf('$', Math.max(at + 1, done))) {
    const scope = around.depth === 0 ? { ...around, at } : around;
    const next = text[at + 1];
    if (next === '$') {
      yield { start: done, end: at };
      done = at + 2;
      yield { at, to: done, value: '$' };
      continue;
    }
    const braced = next === '{';
    const name = nameAt(text, braced ? at + 2 : at + 1);
    // A dollar sign in front of anything else is itself.
    if (name === '' && !braced) continue;
    yield { start: done, end: at };
    if (!braced) {
      done = at + 1 + name.length;
      yield { at, to: done, value: valueOf(name, scope) };
      continue;
    }
    const end = closingBrace(text, at + 1);
    if (name === '' || end === -1) throw malformed(text.slice(at), scope);
    const operation = text.slice(at + 2 + name.length, end);
    done = end + 1;
    yield { at, to: done, value: substituted(name, operation, { ...scope, depth: scope.depth + 1 }) };
  }
  yield { start: done, end: text.length };
}

function nameAt(text: string, at: number): string {
  plainName.lastIndex = at;
  return plainName.exec(text)?.[0] ?? '';
}

function closingBrace(text: string, from: number): number {
  let open = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') open++;
    else if (text[at] === '}' && --open === 0) return at;
  }
  return -1;
}

function valueOf(name: string, { options, unset }: Scope): string {
  const value = options.lookup(name);
  if (value !== undefined) return value;
  unset.add(name);
  return options.keepUnset === true ? `\${${name}}` : '';
}

function substituted(name: string, operation: string, scope: Scope): string {
  if (operation === '') return valueOf(name, scope);
  const [, operator = '', word = ''] = /^(:?[-?+])([^]*)$/.exec(operation) ?? [];
  if (operator === '' || scope.depth > deepest) throw malformed(`\${${name}${operation}}`, scope);
  const value = scope.options.lookup(name);
  const counts = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  if (operator.endsWith('-')) return counts ? (value ?? '') : joined(word, scope);
  if (operator.endsWith('+')) return counts ? joined(word, scope) : (value ?? '');
  if (counts) return value ?? '';
  if (scope.options.keepUnset === true) return valueOf(name, scope);
  throw missing(name, joined(word, scope), scope);
}

function malformed(text: string, scope: Scope): unknown {
  const why = `"${text.slice(0, 60)}" is no variable`;
  if (scope.fail) return scope.fail(why);
  return usageError('COMPOSE_INTERPOLATION', why, {
    next: 'Write ${NAME}, ${NAME:-default} or ${NAME:?message}; a dollar sign itself is $$.',
    ...(scope.text && { where: scope.text.where(scope.at) }),
  });
}

function missing(name: string, message: string, scope: Scope): unknown {
  const why = `the variable ${name} has no value${message === '' ? '' : `: ${message.slice(0, 200)}`}`;
  if (scope.fail) return scope.fail(why);
  return usageError('COMPOSE_VARIABLE_MISSING', why, {
    next: `Set ${name} in the environment, or in the .env file beside the compose file.`,
    ...(scope.text && { where: scope.text.where(scope.at) }),
  });
}
