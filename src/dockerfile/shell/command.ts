import type { SourceRange } from '../source.ts';
import { type PlacedText, textAt } from './placed-text.ts';

/** One part of a word, quotes and escapes taken away. */
export type WordPiece =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'variable';
      readonly name: string;
      /** Between double quotes the value is not split at blanks. */
      readonly quoted: boolean;
      /** Of `${name:-word}`, where the word is literal. */
      readonly fallback?: string;
    }
  /** `$(…)`, backticks, `<(…)`: what the commands print. */
  | { readonly type: 'output'; readonly text: string; readonly commands: readonly ShellCommand[] }
  /** Patterns, arithmetic and substitutions that only a shell can work out; as written. */
  | { readonly type: 'other'; readonly text: string };

/** One word of a command, as the shell reads it. */
export class ShellWord {
  readonly pieces: readonly WordPiece[];
  readonly #script: PlacedText;
  readonly #start: number;
  readonly #end: number;

  /** @param start where the word begins in `script`; `end` behind its last character. */
  constructor(script: PlacedText, start: number, end: number, pieces: readonly WordPiece[]) {
    this.#script = script;
    this.#start = start;
    this.#end = end;
    this.pieces = pieces;
  }

  /** As written, continuations joined, quotes kept. */
  get text(): string {
    return this.#script.text.slice(this.#start, this.#end);
  }

  get range(): SourceRange {
    return this.#script.range(this.#start, this.#end);
  }

  /** The value where nothing has to be worked out for it. */
  get literal(): string | undefined {
    const [first, ...more] = this.pieces;
    if (first === undefined) return '';
    return first.type === 'text' && more.length === 0 ? first.text : undefined;
  }

  /**
   * The text that a shell which is given this word would read as a script, each character with its place where the
   * word is one quoted text without escapes, else with that of the whole word. `value` is what the word expands to.
   */
  asScript(value: string): PlacedText {
    const { text } = this;
    const quote = text[0];
    const inner = text.slice(1, -1);
    const whole = (quote === "'" || quote === '"') && text.endsWith(quote) && text.length > 1;
    const plain = whole && !inner.includes(quote) && (quote === "'" || !/[\\`]/.test(inner));
    return plain ? this.inner() : textAt(value, this.range);
  }

  /** What stands between its first and last character. */
  inner(): PlacedText {
    return this.#script.slice(this.#start + 1, this.#end - 1);
  }

  /** The text from here to the end of a later word of the same script, as written. */
  through(last: ShellWord): PlacedText {
    const isBehind = last.#script === this.#script && last.#end >= this.#start;
    return this.#script.slice(this.#start, isBehind ? last.#end : this.#end);
  }
}

export interface ShellAssignment {
  readonly name: string;
  /** Undefined for arrays and `+=`, whose value is not followed. */
  readonly value?: ShellWord;
}

export interface ShellRedirect {
  readonly operator: string;
  readonly target?: ShellWord;
  /** The lines of a here-document, for `<<` and `<<-`. */
  readonly body?: PlacedText;
}

/** How a command stands in the script. */
export type Standing = Pick<ShellCommand, 'input' | 'certain' | 'substituted' | 'apart'>;

/** A simple command: `NAME=value… program argument…`. */
export interface ShellCommand {
  /** The program first; none where there are only assignments or redirections. */
  readonly words: readonly ShellWord[];
  readonly assignments: readonly ShellAssignment[];
  readonly redirects: readonly ShellRedirect[];
  readonly range: SourceRange;
  /** The commands whose output is piped to this one. */
  readonly input: readonly ShellCommand[];
  /** False in branches, loops, functions and behind `||`. */
  readonly certain: boolean;
  /** Whether its output becomes a part of another command's word. */
  readonly substituted: boolean;
  /** Whether what it sets is lost when it is done: in subshells, pipes and substitutions. */
  readonly apart: boolean;
}

/** What a shell would do with a text. */
export interface ShellScript {
  /** In the order of the text, those inside `$(…)` before the command that holds them. */
  readonly commands: readonly ShellCommand[];
  /** Why the text was not read, or not all of it. */
  readonly unread?: string;
}
