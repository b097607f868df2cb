import type { Directives } from '../dockerfile/index.ts';
import {
  expandHeredoc,
  expandWord,
  expandWords,
  type ArgInstruction,
  type Word,
} from '../dockerfile/index.ts';
import type { SourcePlace } from '../core/index.ts';

/** What ARG and expansion need to know of the whole build. */
export interface GlobalScope {
  /** Values given by the user. */
  readonly buildArguments: Readonly<Record<string, string>>;
  /** The automatic platform arguments. */
  readonly automatic: Readonly<Record<string, string>>;
  /** Those declared before the first FROM, with their values. */
  readonly meta: Readonly<Record<string, string>>;
  readonly escape: Directives['escape'];
  readonly file: string;
}

/**
 * The variables of one stage at one point (Dockerfile reference, "Environment replacement" and "Scope"): an
 * argument holds from its ARG on, and a variable set by ENV hides an argument of the same name.
 */
export class StageScope {
  readonly #global: GlobalScope;
  readonly #environment: Map<string, string>;
  readonly #arguments: Map<string, string>;

  constructor(global: GlobalScope, environment: ReadonlyMap<string, string>, inherited?: StageScope) {
    this.#global = global;
    this.#environment = new Map(environment);
    this.#arguments = new Map(inherited?.arguments);
  }

  /** The image's environment, in the order in which it was set. */
  get environment(): ReadonlyMap<string, string> {
    return this.#environment;
  }

  /** The declared arguments that have a value. */
  get arguments(): ReadonlyMap<string, string> {
    return this.#arguments;
  }

  setEnvironment(name: string, value: string): void {
    this.#environment.set(name, value);
  }

  /** ARG inside a stage: the user's value, else its default, else what was declared before FROM. */
  declare(instruction: ArgInstruction): void {
    for (const { name, value } of instruction.args) {
      const key = this.expand(name);
      const given = this.#global.buildArguments[key];
      const outer = value === undefined ? (this.#global.meta[key] ?? this.#global.automatic[key]) : undefined;
      const used = given ?? (value === undefined ? outer : this.expand(value));
      if (used !== undefined) this.#arguments.set(key, used);
    }
  }

  expand(word: Word): string {
    return expandWord(word.text, this.#variables(), this.#global.escape, this.#place(word)).text;
  }

  expandWords(word: Word): readonly string[] {
    return expandWords(word.text, this.#variables(), this.#global.escape, this.#place(word)).words;
  }

  expandHeredoc(content: string, where: SourcePlace): string {
    return expandHeredoc(content, this.#variables(), where).text;
  }

  /** A copy whose variables stay as they are now: all words of one ENV or LABEL see the same values. */
  frozen(): StageScope {
    return new StageScope(this.#global, this.#environment, this);
  }

  #variables(): ReadonlyMap<string, string> {
    return new Map([...this.#arguments, ...this.#environment]);
  }

  #place(word: Word): SourcePlace {
    return { file: this.#global.file, line: word.range.line, column: word.range.column };
  }
}
