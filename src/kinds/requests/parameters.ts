import type { Argument } from '../../dockerfile/shell/index.ts';

/** What a command of PowerShell is given: `-Name value`, `-Switch`, and values by their place. */
export class GivenParameters {
  readonly operands: readonly Argument[];
  readonly #named: ReadonlyMap<string, { readonly argument: Argument; readonly value?: Argument }>;

  /** @param switches parameters that take no value, in small letters. */
  constructor(args: readonly Argument[], switches: ReadonlySet<string>) {
    const named = new Map<string, { argument: Argument; value?: Argument }>();
    const operands: Argument[] = [];
    for (let at = 0; at < args.length; at++) {
      const argument = args[at];
      if (argument === undefined) break;
      const [, name, given] = /^-([A-Za-z]\w*)(?::(.+))?$/.exec(argument.text) ?? [];
      if (name === undefined) operands.push(argument);
      else {
        const next = args[at + 1];
        const takesNext =
          given === undefined && !isSwitch(name.toLowerCase(), switches) && next !== undefined;
        if (takesNext) at++;
        const value = given === undefined ? (takesNext ? next : undefined) : { ...argument, text: given };
        named.set(name.toLowerCase(), { argument, ...(value && { value }) });
      }
    }
    this.operands = operands;
    this.#named = named;
  }

  /** A parameter may be shortened as long as it stays unlike the others. */
  parameter(name: string): { readonly argument: Argument; readonly value?: Argument } | undefined {
    for (const [given, found] of this.#named)
      if (given === name || (given.length > 1 && name.startsWith(given))) return found;
    return undefined;
  }

  value(...names: readonly string[]): Argument | undefined {
    for (const name of names) {
      const value = this.parameter(name)?.value;
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function isSwitch(name: string, switches: ReadonlySet<string>): boolean {
  return switches.has(name) || [...switches].some(one => name.length > 3 && one.startsWith(name));
}
