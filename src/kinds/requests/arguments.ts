import type { Argument } from '../../dockerfile/shell/index.ts';

/** How a program reads its arguments. */
export interface Grammar {
  /** Flags whose value is the next word, parted by blanks: `-o --output`. */
  readonly values?: string;
  /** Long flags may have a single dash (Go, Java), so letters behind one are no bundle. */
  readonly singleDash?: boolean;
}

export interface GivenFlag {
  /** With its dashes. */
  readonly name: string;
  readonly value?: string;
  readonly argument: Argument;
}

/** A program's arguments, told apart. */
export class GivenArguments {
  readonly flags: readonly GivenFlag[];
  readonly operands: readonly Argument[];

  constructor(flags: readonly GivenFlag[], operands: readonly Argument[]) {
    this.flags = flags;
    this.operands = operands;
  }

  /** The flag given last under any of these names. */
  flag(...names: readonly string[]): GivenFlag | undefined {
    return this.flags.findLast(({ name }) => names.includes(name));
  }

  has(...names: readonly string[]): boolean {
    return this.flag(...names) !== undefined;
  }

  values(...names: readonly string[]): GivenFlag[] {
    return this.flags.filter(({ name, value }) => names.includes(name) && value !== undefined);
  }
}

const valueSets = new Map<string, ReadonlySet<string>>();

function valuesOf(text: string): ReadonlySet<string> {
  let set = valueSets.get(text);
  if (set === undefined) valueSets.set(text, (set = new Set(text.split(' '))));
  return set;
}

/** Reads arguments as getopt_long does: `--name=value`, `--name value`, `-n value`, `-nvalue`, bundles, `--`. */
export function readArguments(args: readonly Argument[], grammar: Grammar = {}): GivenArguments {
  const flags: GivenFlag[] = [];
  const operands: Argument[] = [];
  const takesValue = valuesOf(grammar.values ?? '');
  for (let at = 0; at < args.length; at++) {
    const argument = args[at];
    if (argument === undefined) break;
    const { text } = argument;
    if (text === '--') {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (!text.startsWith('-') || text === '-') {
      operands.push(argument);
      continue;
    }
    for (const flag of flagsIn(argument, takesValue, grammar.singleDash === true)) {
      const next = args[at + 1];
      if (flag.value === undefined && takesValue.has(flag.name) && next !== undefined) {
        flags.push({ ...flag, value: next.text });
        at++;
      } else flags.push(flag);
    }
  }
  return new GivenArguments(flags, operands);
}

function flagsIn(argument: Argument, takesValue: ReadonlySet<string>, singleDash: boolean): GivenFlag[] {
  const { text } = argument;
  if (text.startsWith('--') || singleDash) {
    const equals = text.indexOf('=');
    if (equals === -1) return [{ name: text, argument }];
    return [{ name: text.slice(0, equals), value: text.slice(equals + 1), argument }];
  }
  const found: GivenFlag[] = [];
  for (let at = 1; at < text.length; at++) {
    const name = `-${text[at]}`;
    const rest = text.slice(at + 1);
    if (takesValue.has(name) && rest !== '')
      return [...found, { name, value: rest.replace(/^=/, ''), argument }];
    found.push({ name, argument });
  }
  return found;
}
