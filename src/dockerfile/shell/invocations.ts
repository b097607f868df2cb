import type { SourceRange } from '../source.ts';
import type { ShellCommand, ShellScript } from './command.ts';
import { nestedScripts } from './nested-scripts.ts';
import type { PlacedText } from './placed-text.ts';
import { type Argument, argumentsOf, type KnownValue, type KnownVariables, valueOf } from './variables.ts';
import { programName, type Unwrapped, unwrapped } from './wrappers.ts';

/** A program as it is started: wrappers such as `sudo` and `sh -c` taken away, variables put in where they are known. */
export interface Invocation {
  /** Without its directory. */
  readonly name: string;
  readonly program: Argument;
  readonly args: readonly Argument[];
  /** Values set for this program alone, else those that the script began with. */
  readonly environment: Pick<KnownVariables, 'get'>;
  /** Those that are set for this program alone. */
  readonly assigned: KnownVariables;
  readonly redirects: readonly { readonly operator: string; readonly target?: Argument }[];
  /** Lines that it is given by a here-document. */
  readonly lines: readonly PlacedText[];
  readonly range: SourceRange;
  /** What is piped to it. */
  readonly input: readonly Invocation[];
  /** What becomes a part of its arguments: the commands of `$(…)` and `<(…)`, by argument. */
  readonly outputs: (argument: Argument) => readonly Invocation[];
  readonly certain: boolean;
  /** Whether its output becomes a part of another's arguments. */
  readonly substituted: boolean;
  /** Whether xargs gives it more arguments, which it reads from its input. */
  readonly fed: boolean;
}

export interface Invocations {
  readonly invocations: readonly Invocation[];
  /** Why not all was read. */
  readonly unread?: string;
}

const deepestScript = 6;
/** No person writes as many into one script; whoever asks what becomes of each pays for all of them. */
const mostInvocations = 1_000;

/**
 * What a script starts, in order, scripts within it included (`sh -c '…'`, `eval`, `bash <<EOF`). Values are followed
 * along straight lines: what a branch sets is not known after it.
 */
export function invocationsOf(script: ShellScript, variables: KnownVariables): Invocations {
  const run = new Run(variables);
  run.script(script, 0);
  return { invocations: run.found, ...(run.unread !== undefined && { unread: run.unread }) };
}

/** The file that a program's standard output goes to; nothing for `2>`, and for `>&2`, which names no file. */
export function outputFile({ redirects }: Pick<Invocation, 'redirects'>): string | undefined {
  const isFile = (text: string | undefined) => text !== undefined && !/^(\d+|-)$/.test(text);
  const found = redirects.findLast(
    ({ operator, target }) => /^&?>/.test(operator) && (!operator.endsWith('&') || isFile(target?.text)),
  );
  return found?.target?.text;
}

class Run {
  readonly found: Invocation[] = [];
  unread: string | undefined;
  readonly #initial: KnownVariables;
  readonly #variables: Map<string, KnownValue>;
  readonly #byCommand = new Map<ShellCommand, Invocation[]>();

  constructor(variables: KnownVariables) {
    this.#initial = variables;
    this.#variables = new Map(variables);
  }

  script({ commands, unread }: ShellScript, depth: number): void {
    this.unread ??= unread;
    for (const command of commands) {
      if (this.found.length >= mostInvocations) {
        this.unread ??= `it starts more than ${mostInvocations} programs`;
        return;
      }
      this.#command(command, depth);
    }
  }

  #command(command: ShellCommand, depth: number): void {
    const own = new Map<string, KnownValue>();
    const [first] = command.words;
    const lasting = first === undefined || /^(export|declare|local|readonly|typeset)$/.test(first.text);
    for (const { name, value } of command.assignments) {
      const known = value && valueOf(value, this.#variables);
      if (lasting) this.#set(name, known, command.certain);
      else if (known?.known === true) own.set(name, { text: known.text, origin: known.word.range });
    }
    if (first === undefined) return;
    const line = command.words.flatMap(word => argumentsOf(word, this.#variables));
    const inner = unwrapped(line);
    if (inner === undefined) return;
    for (const { text, known, word } of inner.assignments) {
      const equals = text.indexOf('=');
      if (known) own.set(text.slice(0, equals), { text: text.slice(equals + 1), origin: word.range });
    }
    const invocation = this.#invocation(command, inner, own);
    this.found.push(invocation);
    this.#byCommand.set(command, [...(this.#byCommand.get(command) ?? []), invocation]);
    if (invocation.name === 'unset' || invocation.name === 'read')
      for (const { text } of invocation.args) this.#variables.delete(text);
    if (depth < deepestScript) this.#nested(invocation, command, depth);
  }

  #set(name: string, value: Argument | undefined, certain: boolean): void {
    if (value?.known === true && certain) {
      const { text, origin, word } = value;
      this.#variables.set(name, { text, origin: origin ?? word.range });
    } else this.#variables.delete(name);
  }

  #invocation(command: ShellCommand, { program, args, fed }: Unwrapped, own: KnownVariables): Invocation {
    const { redirects, certain, substituted, input } = command;
    const variables = this.#variables;
    const initial = this.#initial;
    const targets = redirects.map(({ operator, target }) => ({
      operator,
      ...(target && { target: valueOf(target, variables) }),
    }));
    const invocationsOfAll = (commands: readonly ShellCommand[]) =>
      commands.flatMap(one => this.#byCommand.get(one) ?? []);
    return {
      name: programName(program.text),
      program,
      args,
      assigned: own,
      environment: { get: key => own.get(key) ?? initial.get(key) },
      redirects: targets,
      lines: redirects.flatMap(({ body }) => (body === undefined ? [] : [body])),
      range: command.range,
      input: invocationsOfAll(input),
      outputs: ({ word }) =>
        word.pieces.flatMap(piece => (piece.type === 'output' ? invocationsOfAll(piece.commands) : [])),
      certain,
      substituted,
      fed,
    };
  }

  /** The scripts that an invocation is given as arguments or lines. */
  #nested({ name, args, lines }: Invocation, command: ShellCommand, depth: number): void {
    const before = this.found.length;
    for (const script of nestedScripts(name, args, lines)) this.script(script, depth + 1);
    const nested = this.found.slice(before);
    if (nested.length > 0) this.#byCommand.get(command)?.push(...nested);
  }
}
