import { usageError, type HoldfastError } from '../core/index.ts';
import { interpolateText, type Lookup } from './interpolate.ts';

/** `raw` takes every value as it stands. */
export type EnvFormat = 'default' | 'raw';

/**
 * The variables of an env file, in Compose's dialect: values may be quoted, over several lines too, and name other
 * variables. `lookup` has those from outside, which count before the file's own.
 * @throws HoldfastError ENV_FILE_INVALID (exit 2)
 */
export function parseEnvFile(
  text: string,
  file: string,
  lookup: Lookup,
  format: EnvFormat = 'default',
): Map<string, string> {
  const content = text.replace(/^\uFEFF/, '');
  return format === 'raw' ? rawVariables(content, file, lookup) : new EnvReader(content, file, lookup).read();
}

function rawVariables(text: string, file: string, lookup: Lookup): Map<string, string> {
  const found = new Map<string, string>();
  for (const [n, whole] of text.split('\n').entries()) {
    const line = whole.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const name = at < 0 ? line : line.slice(0, at);
    if (name === '' || /\s/.test(name))
      throw invalid(file, n + 1, `"${name.slice(0, 60)}" is no variable name`);
    const value = at < 0 ? lookup(name) : line.slice(at + 1);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** White space that does not end a line. */
const space = '[\\t\\v\\f\\r \\u0085\\u00a0]';
const assignment = new RegExp(
  `(?:export${space}+)?([\\p{L}\\p{N}_.[\\]-]*)${space}*([=:\\n]|$)${space}*`,
  'uy',
);

class EnvReader {
  readonly #text: string;
  readonly #file: string;
  readonly #lookup: Lookup;
  readonly #found = new Map<string, string>();
  #at = 0;

  constructor(text: string, file: string, lookup: Lookup) {
    this.#text = text;
    this.#file = file;
    this.#lookup = lookup;
  }

  read(): Map<string, string> {
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      assignment.lastIndex = this.#at;
      const [whole, name = '', sign] = assignment.exec(this.#text) ?? [];
      if (whole === undefined) throw this.#fail('this is no NAME=value');
      const start = this.#at;
      this.#at += whole.length;
      const inherited = sign === '\n' || sign === '';
      const value = inherited ? this.#lookup(name) : this.#value(start);
      // As in Compose, names that are empty or begin with a digit are passed over.
      if (value !== undefined && /^\D/.test(name)) this.#found.set(name, value);
    }
    return this.#found;
  }

  /** White space and comments between variables. */
  #skip(): void {
    const between = /(?:\s+|#[^\n]*)*/y;
    between.lastIndex = this.#at;
    this.#at += between.exec(this.#text)?.[0].length ?? 0;
  }

  #value(start: number): string {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") {
      const line = /[^\n]*/y;
      line.lastIndex = this.#at;
      const [text] = line.exec(this.#text) ?? [''];
      this.#at += text.length;
      return this.#expanded((text.split(' #')[0] ?? '').trimEnd(), start);
    }
    let value = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const character = this.#text[at];
      if (character === quote) {
        this.#at = at + 1;
        return quote === '"' ? this.#expanded(unescaped(value), start) : value;
      }
      if (character === '\\' && this.#text[at + 1] === quote) value += this.#text[++at];
      else if (character === '\\' && this.#text[at + 1] === '\\') value += `\\${this.#text[++at]}`;
      else value += character;
    }
    throw this.#fail('a quoted value is not ended', start);
  }

  #expanded(value: string, start: number): string {
    const own: Lookup = name => this.#lookup(name) ?? this.#found.get(name);
    return interpolateText(value, own, why => {
      throw this.#fail(why, start);
    });
  }

  #fail(why: string, at = this.#at): HoldfastError {
    return invalid(this.#file, this.#text.slice(0, at).split('\n').length, why);
  }
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** The escapes of a shell; `\$` keeps a variable from being put in. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(?:([abcfnrtv$"\\])|0?([0-7]{3}))/g, (whole, letter?: string, octal?: string) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
    if (letter === '$') return '$$';
    return letter === undefined ? whole : (escapes[letter] ?? whole);
  });
}

function invalid(file: string, line: number, why: string): HoldfastError {
  return usageError('ENV_FILE_INVALID', `the env file cannot be read: ${why}`, {
    where: { file, line },
    next: 'Write it as lines of NAME=value.',
  });
}
