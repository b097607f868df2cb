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
  /** What ARG declared, in the order of the first ones, with the value that it had there. */
  readonly #declared: Map<string, string | undefined>;

  /** The scope of a stage that begins from an image with this environment, or from the stage of `inherited`. */
  constructor(global: GlobalScope, environment: ReadonlyMap<string, string>, inherited?: StageScope) {
    this.#global = global;
    this.#environment = new Map(environment);
    this.#variables = new Map([...(inherited?.variables ?? []), ...environment]);
    this.#declared = new Map(inherited === undefined ? [] : inherited.#declared);
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

  /** The arguments that this stage and those it begins from declared, each with the value that a step sees. */
  get declared(): readonly (readonly [name: string, value: string])[] {
    return [...this.#declared].map(([name, value]) => [name, this.#variables.get(name) ?? value ?? '']);
  }

  /** ARG inside a stage. */
  declare(instruction: ArgInstruction): void {
    for (const [name, value] of this.argumentValues(instruction)) {
      this.#declared.set(name, value);
      if (value !== undefined && !silentArguments.has(name)) this.#variables.set(name, value);
    }
  }

  /** What ARG gives to each of its names: the user's value, else its default, else what was declared before FROM. */
  argumentValues({ args }: ArgInstruction): (readonly [name: string, value: string | undefined])[] {
    const { buildArguments, values } = this.#global;
    const variables = new Map(this.#variables);
    return args.map(({ name: { text: name }, value }) => {
      const own = value === undefined ? values.get(name) : undefined;
      const used = buildArguments[name] ?? (value === undefined ? own : this.#expandIn(variables, value));
      if (used !== undefined && !silentArguments.has(name)) variables.set(name, used);
      return [name, used] as const;
    });
  }

  expand(word: Word): string {
    return this.#expandIn(this.#variables, word);
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
    return word => this.#expandIn(variables, word);
  }

  #expandIn(variables: ReadonlyMap<string, string>, word: Word): string {
    return expandWord(word.text, variables, this.#global.escape, this.#place(word)).text;
  }

  #place(word: Word): SourcePlace {
    return { file: this.#global.file, line: word.range.line, column: word.range.column };
  }
}

/** Arguments that speak to the builder, and that BuildKit shows to no step even where they are declared. */
const silentArguments = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);
