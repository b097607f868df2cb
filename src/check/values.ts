import {
  expandWord,
  type ArgInstruction,
  type EnvInstruction,
  type SourceRange,
  type Word,
} from '../dockerfile/index.ts';
import type { KnownValue, KnownVariables } from '../dockerfile/shell/index.ts';

/** A word of an instruction with its variables put in, as far as the file says what they hold. */
export interface ResolvedText {
  /** Unknown variables stand in it as `${NAME}`. */
  readonly text: string;
  readonly known: boolean;
  /** Where the variable in it got its value. */
  readonly origin?: SourceRange;
}

type Escape = '\\' | '`';

/** `$NAME` and `${NAME}`, with what removes parts of it; not those with a default. */
const references = /\$(?:(\w+)|\{(\w+)(?=[}#%/]))/g;

/** Never throws: a substitution that cannot be worked out is not known. */
export function resolved({ text: written }: Word, values: KnownVariables, escape: Escape): ResolvedText {
  if (!/[$"'\\`]/.test(written)) return { text: written, known: true };
  const used: KnownValue[] = [];
  const needed = new Set([...written.matchAll(references)].map(([, plain, braced]) => plain ?? braced ?? ''));
  let known = true;
  const variables = {
    get: (name: string) => {
      const value = values.get(name);
      if (value !== undefined) used.push(value);
      else if (needed.has(name)) known = false;
      return value?.text ?? (needed.has(name) ? `\${${name}}` : undefined);
    },
  };
  try {
    const { text } = expandWord(written, variables, escape);
    const origin = used.at(-1)?.origin;
    return { text, known, ...(origin && { origin }) };
  } catch {
    return { text: written, known: false };
  }
}

/** What decides on the variables of one build, beside its Dockerfile. */
export interface GivenArguments {
  /** What the user gave. */
  readonly build: Readonly<Record<string, string>>;
  /** What FROM sees without an ARG, as `TARGETARCH`. */
  readonly automatic: ReadonlyMap<string, string>;
}

export const noArguments: GivenArguments = { build: {}, automatic: new Map() };

/** The values of a stage's variables at one point; what the user may give by `--build-arg` counts with its default. */
export class Values {
  readonly known: Map<string, KnownValue>;
  readonly #global: KnownVariables;
  readonly #escape: Escape;
  readonly #given: GivenArguments;

  constructor(
    global: KnownVariables,
    escape: Escape,
    inherited?: KnownVariables,
    given: GivenArguments = noArguments,
  ) {
    this.#global = global;
    this.#escape = escape;
    this.#given = given;
    this.known = new Map(inherited);
  }

  declare({ args }: ArgInstruction): void {
    for (const { name, value } of args) {
      const given = this.#given.build[name.text];
      const written = value === undefined ? this.#global.get(name.text) : this.#valueOf(value);
      const own = given === undefined ? written : { text: given, origin: name.range };
      if (own !== undefined) this.known.set(name.text, own);
      else if (value !== undefined) this.known.delete(name.text);
    }
  }

  set({ variables }: EnvInstruction): void {
    // All values of one instruction see what was set before it.
    const values = variables.map(({ name, value }) => [name.text, this.#valueOf(value)] as const);
    for (const [name, value] of values) {
      if (value === undefined) this.known.delete(name);
      else this.known.set(name, value);
    }
  }

  resolve(word: Word): ResolvedText {
    return resolved(word, this.known, this.#escape);
  }

  #valueOf(word: Word): KnownValue | undefined {
    const { text, known, origin } = this.resolve(word);
    return known ? { text, origin: origin ?? word.range } : undefined;
  }
}

/** The values of the arguments before the first FROM. */
export function globalValues(
  metaArgs: readonly ArgInstruction[],
  escape: Escape,
  given: GivenArguments,
): KnownVariables {
  const automatic = [...given.automatic].map(([name, text]): [string, KnownValue] => [name, { text }]);
  const values = new Values(new Map(automatic), escape, new Map(automatic), given);
  for (const instruction of metaArgs) values.declare(instruction);
  return values.known;
}
