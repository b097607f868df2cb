import { usageError } from '../core/index.ts';
import { skipSpaces, trimSpaces } from './characters.ts';
import { type CheckOptions, readCheckOptions } from './check-options.ts';
import type { Word } from './mapped-text.ts';
import { excerpt } from './problems.ts';
import { PhysicalLines } from './physical-lines.ts';
import type { Source } from './source.ts';

export type EscapeCharacter = '\\' | '`';

/** What the comments at the very top of a Dockerfile set (Dockerfile reference, "Parser directives"). */
export interface Directives {
  readonly escape: EscapeCharacter;
  /** The frontend image that BuildKit would fetch and hand the file to. */
  readonly syntax?: Word;
  readonly check?: CheckOptions;
}

type Name = 'escape' | 'syntax' | 'check';
type Found = Partial<Record<Name, Word>>;

/**
 * @throws HoldfastError DOCKERFILE_DIRECTIVE (exit 2) for a directive given twice, an escape that is neither \ nor `, and
 *   for options of checks that are none.
 */
export function readDirectives(source: Source): Directives {
  const lines = new PhysicalLines(source);
  const found: Found = {};
  const shebang = source.text.startsWith('#!', source.begin);
  if (shebang) lines.next();
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const directive = directiveIn(source, line.start, line.contentEnd);
    if (directive === undefined) break;
    const [name, value] = directive;
    if (found[name] !== undefined) {
      throw usageError('DOCKERFILE_DIRECTIVE', `the directive "${name}" is given twice`, {
        where: source.where(line.start),
        next: 'Keep one of them.',
      });
    }
    found[name] = value;
  }
  // BuildKit looks behind a shebang for "syntax" and "check", but its parser takes the shebang for the comment
  // that ends the directives and so never sees "escape" there.
  const escape = shebang ? '\\' : escapeOf(found.escape, source);
  return {
    escape,
    ...(found.syntax && { syntax: found.syntax }),
    ...(found.check && { check: checkOf(found.check, source) }),
  };
}

function escapeOf(value: Word | undefined, source: Source): EscapeCharacter {
  if (value === undefined || value.text === '\\') return '\\';
  if (value.text === '`') return '`';
  throw usageError('DOCKERFILE_DIRECTIVE', `"${excerpt(value.text)}" cannot be the escape character`, {
    where: source.where(value.range.start),
    next: 'Write "# escape=\\" or "# escape=`".',
  });
}

function checkOf({ text, range }: Word, source: Source): CheckOptions {
  const options = readCheckOptions(text);
  if (options !== undefined) return options;
  throw usageError('DOCKERFILE_DIRECTIVE', `"${excerpt(text)}" cannot set the checks`, {
    where: source.where(range.start),
    next: 'Write "# check=skip=RULE,RULE;error=true" or a part of it.',
  });
}

const nameAndEquals = /([a-z][a-z0-9]*)[\t\f\r ]*=/iy;

function directiveIn(source: Source, lineStart: number, end: number): [Name, Word] | undefined {
  const { text } = source;
  const hash = skipSpaces(text, lineStart, end);
  if (text[hash] !== '#') return undefined;
  nameAndEquals.lastIndex = skipSpaces(text, hash + 1, end);
  const match = nameAndEquals.exec(text);
  if (match === null || nameAndEquals.lastIndex > end) return undefined;
  const name = match[1]?.toLowerCase();
  if (name !== 'escape' && name !== 'syntax' && name !== 'check') return undefined;
  const value = trimSpaces(text.slice(nameAndEquals.lastIndex, end));
  if (value === '') return undefined;
  const start = text.indexOf(value, nameAndEquals.lastIndex);
  return [name, { text: value, range: source.range(start, start + value.length) }];
}

/**
 * The frontend that a file asks for in a form that is no Dockerfile comment: BuildKit also takes `// syntax=…`
 * on top and the member "syntax" of a JSON document. Such a file is written in another language.
 */
export function foreignSyntax(source: Source): string | undefined {
  const text = source.text.slice(source.begin);
  const comment = /^\/\/[\t ]*syntax[\t ]*=[\t ]*([^\s]+)/i.exec(text)?.[1];
  if (comment !== undefined || !text.startsWith('{')) return comment;
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== 'object' || document === null || !('syntax' in document)) return undefined;
    return typeof document.syntax === 'string' ? document.syntax : undefined;
  } catch {
    return undefined;
  }
}
