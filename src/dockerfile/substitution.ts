import type { ExpansionErrors } from './expansion-errors.ts';
import { type GlobPattern, parseGlob, replaced, withoutPrefix, withoutSuffix } from './glob-pattern.ts';

/** What the reading of `${name…}` needs of the lexer that met it. */
export interface SubstitutionReader {
  readonly errors: ExpansionErrors;
  /** Write the reference back where the variable is unset. */
  readonly keepUnset: boolean;
  lookUp(): string | undefined;
  next(): string | undefined;
  peek(): string | undefined;
  /** The expanded text up to `stop`, which is eaten; escapes removed or kept. */
  until(stop: string, keepEscapes: boolean): string;
}

/** The rest of `${name` from behind the name. */
export function substituted(name: string, reader: SubstitutionReader): string {
  if (name === '') throw reader.errors.badSubstitution('bad substitution');
  const operator = reader.next();
  switch (operator) {
    case undefined:
      throw reader.errors.badSubstitution('"}" is missing');
    case '}':
      return reader.lookUp() ?? (reader.keepUnset ? `\${${name}}` : '');
    case '/':
      return replacement(name, reader);
    case ':':
      return modified(name, ':', reader.next() ?? '', reader);
    case '+':
    case '-':
    case '?':
    case '#':
    case '%':
      return modified(name, '', operator, reader);
    default:
      throw reader.errors.badSubstitution(`unsupported modifier "${operator}"`);
  }
}

/** With a colon, a variable that is empty counts as unset. */
function modified(name: string, colon: '' | ':', operator: string, reader: SubstitutionReader): string {
  const trims = operator === '#' || operator === '%';
  if (trims && colon !== '') throw reader.errors.badSubstitution(`unsupported modifier ":${operator}"`);
  const word = reader.until('}', trims);
  const value = reader.lookUp();
  if (value === undefined && reader.keepUnset) return `\${${name}${colon}${operator}${word}}`;
  const present = value !== undefined && !(colon !== '' && value === '');
  switch (operator) {
    case '-':
      return present ? value : word;
    case '+':
      return present ? word : '';
    case '?':
      if (!present) throw reader.errors.required(name, value === undefined ? 'unset' : 'empty', word);
      return value;
    case '#':
    case '%':
      return trimmed(value ?? '', operator, word, reader.errors);
    default:
      throw reader.errors.badSubstitution(`unsupported modifier "${colon}${operator}"`);
  }
}

function trimmed(value: string, operator: '#' | '%', word: string, errors: ExpansionErrors): string {
  const longest = word.startsWith(operator);
  const pattern = patternOf(longest ? word.slice(1) : word, errors);
  return operator === '#' ? withoutPrefix(value, pattern, longest) : withoutSuffix(value, pattern, longest);
}

function replacement(name: string, reader: SubstitutionReader): string {
  const all = reader.peek() === '/';
  if (all) reader.next();
  const pattern = reader.until('/', true);
  const by = reader.until('}', true);
  const value = reader.lookUp();
  // BuildKit writes one slash back whether there were one or two; nothing but heredoc names is read that way.
  if (value === undefined && reader.keepUnset) return `\${${name}/${pattern}/${by}}`;
  return replaced(value ?? '', patternOf(pattern, reader.errors), by, all);
}

function patternOf(text: string, errors: ExpansionErrors): GlobPattern {
  const pattern = parseGlob(text);
  if (pattern === undefined) throw errors.badSubstitution(`the pattern "${text.slice(0, 40)}" is not valid`);
  return pattern;
}
