import {
  expandHeredoc,
  expandWord,
  expandWords,
  type ArgInstruction,
  type Word,
} from '../dockerfile/index.ts';
import type { SourcePlace } from '../core/index.ts';
import type { GlobalScope } from './arguments.ts';

/**
 * The variables of one stage at one point (Dockerfile reference, "Environment replacement" and "Scope"). ARG and ENV
 * write to one table, as in BuildKit: of two with the same name the later one counts. Only ENV reaches the image.
 */
export class StageScope {
  readonly #global: GlobalScope;
  readonly #environment: Map<string, string>;
  readonly #variables: Map<string, string>;

  /** The scope of a stage that begins from an image with this environment, or from the stage of `inherited`. */
  constructor(global: GlobalScope, environment: ReadonlyMap<string, string>, inherited?: StageScope) {
    this.#global = global;
    this.#environment = new Map(environment);
    this.#variables = new Map([...(inherited?.variables ?? []), ...environment]);
  }

  /** The image's environment, in the order in which it was set. */
  get environment(): ReadonlyMap<string, string> {
    return this.#environment;
  }

  /** What a step sees: the environment and the declared arguments that have a value. */
  get variables(): ReadonlyMap<string, string> {
    return this.#variables;
  }

  setEnvironment(name: string, value: string): void {
    this.#environment.set(name, value);
    this.#variables.set(name, value);
  }

  /** ARG inside a stage: the user's value, else its default, else what was declared before FROM. */
  declare(instruction: ArgInstruction): void {
    const { buildArguments, values } = this.#global;
    for (const { name, value } of instruction.args) {
      const key = name.text;
      const own = value === undefined ? values.get(key) : undefined;
      const used = buildArguments[key] ?? (value === undefined ? own : this.expand(value));
      if (used !== undefined && !silentArguments.has(key)) this.#variables.set(key, used);
    }
  }

  expand(word: Word): string {
    return expandWord(word.text, this.#variables, this.#global.escape, this.#place(word)).text;
  }

  expandWords(word: Word): readonly string[] {
    return expandWords(word.text, this.#variables, this.#global.escape, this.#place(word)).words;
  }

  expandHeredoc(content: string, where: SourcePlace): string {
    return expandHeredoc(content, this.#variables, where).text;
  }

  /** As `expand` for words that shall all see the same values, while these are being set. */
  expander(): (word: Word) => string {
    const variables = new Map(this.#variables);
    const { escape } = this.#global;
    return word => expandWord(word.text, variables, escape, this.#place(word)).text;
  }

  #place(word: Word): SourcePlace {
    return { file: this.#global.file, line: word.range.line, column: word.range.column };
  }
}

/** Arguments that speak to the builder, and that BuildKit shows to no step even where they are declared. */
const silentArguments = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);
