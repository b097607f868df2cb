import type { SourcePlace } from '../core/index.ts';
import type { EscapeCharacter } from './directives.ts';
import { ExpansionErrors } from './expansion-errors.ts';
import { substituted } from './substitution.ts';
import { WordList } from './word-list.ts';

/** Where variables get their values from: a Map, or whatever looks them up. */
export interface Variables {
  get(name: string): string | undefined;
}

export interface LexerOptions {
  readonly escape: EscapeCharacter;
  /** Quotes are taken away, or kept in the result, or are characters like any other. */
  readonly quotes: 'removed' | 'kept' | 'plain';
  readonly escapes: 'removed' | 'kept';
  /** What stands for a variable that has no value: nothing, or the reference to it as it was written. */
  readonly unset: 'empty' | 'kept';
  readonly where?: SourcePlace | undefined;
}

/** Far beyond any Dockerfile; keeps hostile nesting off the stack. */
const maximumDepth = 100;
/** Characters; a doubling chain of variables would otherwise fill the memory. */
const maximumLength = 16 * 1024 * 1024;

const nameAt = /\p{Nd}+|[@*#?$!-]|[\p{L}_][\p{L}\p{Nd}_]*/uy;

/**
 * BuildKit's shell lexer: quotes, escapes and variables of one text, expanded in one pass from left to right.
 * One instance reads one text once.
 */
export class ShellLexer {
  readonly used = new Set<string>();
  readonly unset = new Set<string>();
  readonly #text: string;
  readonly #variables: Variables;
  readonly #options: LexerOptions;
  readonly #errors: ExpansionErrors;
  #at = 0;
  #depth = 0;
  #keepEscapes: boolean;

  constructor(text: string, variables: Variables, options: LexerOptions) {
    this.#text = text;
    this.#variables = variables;
    this.#options = options;
    this.#errors = new ExpansionErrors(text, options.where);
    this.#keepEscapes = options.escapes === 'kept';
  }

  /** @throws HoldfastError DOCKERFILE_BAD_SUBSTITUTION, _QUOTE_UNCLOSED, _VARIABLE_REQUIRED, _EXPANSION_TOO_LARGE (exit 2) */
  run(): { readonly text: string; readonly words: string[] } {
    const words = new WordList();
    const text = this.#until(undefined, words);
    return { text, words: words.finish() };
  }

  /** Up to the character `stop`, which is eaten; a stop that does not come is an error. */
  #until(stop: string | undefined, words?: WordList): string {
    let result = '';
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) break;
      if (character === stop) {
        this.#at++;
        return result;
      }
      const piece = this.#piece(character);
      result += piece;
      if (result.length > maximumLength) throw this.#errors.tooLarge();
      if (character === '$' || this.#isPlain(character)) words?.addSplit(piece);
      else words?.addWhole(piece);
    }
    if (stop !== undefined) throw this.#errors.badSubstitution(`"${stop}" is missing`);
    return result;
  }

  #isPlain(character: string): boolean {
    if (character === '"' || character === "'") return this.#options.quotes === 'plain';
    return character !== '<' && character !== this.#options.escape;
  }

  #piece(character: string): string {
    if (character === '$') return this.#dollar();
    if (character === '<') return this.#possibleHeredoc();
    if (this.#options.quotes !== 'plain') {
      if (character === "'") return this.#singleQuoted();
      if (character === '"') return this.#doubleQuoted();
    }
    this.#at++;
    if (character !== this.#options.escape) return character;
    const escaped = this.#text[this.#at] ?? '';
    this.#at++;
    return this.#keepEscapes ? character + escaped : escaped;
  }

  #singleQuoted(): string {
    const close = this.#text.indexOf("'", this.#at + 1);
    if (close === -1) throw this.#errors.unclosedQuote("'");
    const kept = this.#options.quotes === 'kept';
    const quoted = this.#text.slice(kept ? this.#at : this.#at + 1, kept ? close + 1 : close);
    this.#at = close + 1;
    return quoted;
  }

  #doubleQuoted(): string {
    const quote = this.#options.quotes === 'kept' ? '"' : '';
    let result = quote;
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#errors.unclosedQuote('"');
      if (character === '$') {
        result += this.#dollar();
      } else {
        this.#at++;
        if (character === '"') return result + quote;
        result += character === this.#options.escape ? this.#escapedInQuotes() : character;
      }
      if (result.length > maximumLength) throw this.#errors.tooLarge();
    }
  }

  /** Between double quotes an escape is one only before `"`, `$` and itself. */
  #escapedInQuotes(): string {
    const { escape } = this.#options;
    const before = this.#keepEscapes ? escape : '';
    const next = this.#text[this.#at];
    if (next === undefined) return before;
    if (next !== '"' && next !== '$' && next !== escape) return before + escape;
    this.#at++;
    return before + next;
  }

  /** `<<` keeps the blanks behind it in its word, so that `<< NAME` is one word. */
  #possibleHeredoc(): string {
    const start = this.#at++;
    if (this.#text[this.#at] !== '<') return '<';
    do this.#at++;
    while (' \t\r'.includes(this.#text[this.#at] ?? '.'));
    return this.#text.slice(start, this.#at);
  }

  #dollar(): string {
    this.#at++;
    if (this.#text[this.#at] === '{') return this.#braced();
    const name = this.#name();
    if (name === '') return '$';
    const value = this.#lookUp(name);
    return value ?? (this.#options.unset === 'kept' ? `$${name}` : '');
  }

  #braced(): string {
    if (++this.#depth > maximumDepth)
      throw this.#errors.badSubstitution('substitutions are nested too deeply');
    this.#at++;
    const name = this.#name();
    const result = substituted(name, {
      errors: this.#errors,
      keepUnset: this.#options.unset === 'kept',
      lookUp: () => this.#lookUp(name),
      next: () => this.#text[this.#at++],
      peek: () => this.#text[this.#at],
      until: (stop, rawEscapes) => this.#nestedUntil(stop, rawEscapes),
    });
    this.#depth--;
    return result;
  }

  #nestedUntil(stop: string, keepEscapes: boolean): string {
    const before = this.#keepEscapes;
    this.#keepEscapes = keepEscapes;
    const text = this.#until(stop);
    this.#keepEscapes = before;
    return text;
  }

  #name(): string {
    nameAt.lastIndex = this.#at;
    const name = nameAt.exec(this.#text)?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #lookUp(name: string): string | undefined {
    const value = this.#variables.get(name);
    (value === undefined ? this.unset : this.used).add(name);
    return value;
  }
}
