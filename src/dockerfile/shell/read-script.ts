import { parse } from 'unbash';
import type { CommandNode, CompoundList, ParsedScript, Statement, TestExpression } from 'unbash';
import type { ShellAssignment, ShellCommand, ShellRedirect, ShellScript, Standing } from './command.ts';
import { ShellWord } from './command.ts';
import { type PlacedText, whyNoScript } from './placed-text.ts';
import { wordPieces } from './word-pieces.ts';

type Command = Extract<CommandNode, { type: 'Command' }>;
type Node = Statement['command'] | CompoundList | Statement;

/**
 * The simple commands of a script in the language of POSIX shells and bash, with the place of each word. Never
 * throws: a text that cannot be read says why, and gives the commands that were found.
 */
export function readScript(text: PlacedText): ShellScript {
  const why = whyNoScript(text);
  if (why !== undefined) return { commands: [], unread: why };
  const reader = new ScriptReader(text);
  try {
    const script = parse(text.text);
    reader.readScript(script, { input: [], certain: true, substituted: false, apart: false });
  } catch (thrown) {
    // Nesting that exhausts the stack, or an error of the parser's own.
    const unread = thrown instanceof RangeError ? 'it is nested too deeply' : 'the shell parser failed on it';
    return { commands: reader.commands, unread };
  }
  const { commands, problem } = reader;
  return problem === undefined
    ? { commands }
    : { commands, unread: `it is no valid shell script: ${problem}` };
}

class ScriptReader {
  readonly commands: ShellCommand[] = [];
  problem: string | undefined;
  readonly #text: PlacedText;

  constructor(text: PlacedText) {
    this.#text = text;
  }

  readScript(script: ParsedScript, standing: Standing): void {
    this.problem ??= script.errors?.[0]?.message;
    for (const statement of script.commands) this.#read(statement, standing);
  }

  /** The commands inside a substitution. */
  #substituted(script: ParsedScript, certain: boolean): readonly ShellCommand[] {
    const before = this.commands.length;
    // Scripts between escaped backticks are text of their own: their places are not those of this one.
    if (script.source === undefined)
      this.readScript(script, { input: [], certain, substituted: true, apart: true });
    return this.commands.slice(before);
  }

  #read(node: Node, standing: Standing): void {
    if (node.type === 'Statement') {
      this.#read(node.command, node.background === true ? { ...standing, apart: true } : standing);
    } else if (node.type === 'CompoundList') {
      for (const statement of node.commands) this.#read(statement, standing);
    } else if (node.type === 'AndOr') {
      node.commands.forEach((command, index) => {
        // What follows && runs wherever the script goes on; what follows || is the exception.
        const certain = standing.certain && node.operators[index - 1] !== '||';
        this.#read(command, { ...standing, certain });
      });
    } else if (node.type === 'Pipeline') this.#pipeline(node.commands, standing);
    else this.#command(node, standing);
  }

  #pipeline(members: readonly CommandNode[], standing: Standing): void {
    let { input } = standing;
    for (const member of members) {
      const before = this.commands.length;
      this.#read(member, { ...standing, input, apart: standing.apart || members.length > 1 });
      input = this.commands.slice(before).filter(command => !command.substituted || standing.substituted);
    }
  }

  #command(node: CommandNode, standing: Standing): void {
    const branch = { ...standing, certain: false };
    switch (node.type) {
      case 'Command':
        return this.#simple(node, standing);
      case 'Redirected':
        return this.#read(node.command, standing);
      case 'Subshell':
        return this.#read(node.body, { ...standing, apart: true });
      case 'BraceGroup':
        return this.#read(node.body, standing);
      case 'If':
        this.#read(node.clause, standing);
        this.#read(node.then, branch);
        for (const { clause, then } of node.elif) {
          this.#read(clause, branch);
          this.#read(then, branch);
        }
        if (node.else) this.#read(node.else, branch);
        return;
      case 'While':
        this.#read(node.clause, standing);
        return this.#read(node.body, branch);
      case 'For':
      case 'Select':
        for (const word of node.wordlist ?? []) this.#word(word, standing.certain);
        return this.#read(node.body, branch);
      case 'ArithmeticFor':
        return this.#read(node.body, branch);
      case 'Case':
        this.#word(node.word, standing.certain);
        for (const { body } of node.items) this.#read(body, branch);
        return;
      case 'Function':
      case 'Coproc':
        return this.#read(node.body, branch);
      case 'TestCommand':
        return this.#test(node.expression, standing.certain);
      case 'ArithmeticCommand':
        return;
    }
  }

  /** `[[ … ]]` runs nothing but what is substituted into it. */
  #test(expression: TestExpression, certain: boolean): void {
    switch (expression.type) {
      case 'TestUnary':
        this.#word(expression.operand, certain);
        return;
      case 'TestBinary':
        this.#word(expression.left, certain);
        this.#word(expression.right, certain);
        return;
      case 'TestLogical':
        for (const operand of expression.operands) this.#test(operand, certain);
        return;
      case 'TestNot':
        return this.#test(expression.operand, certain);
      case 'TestGroup':
        return this.#test(expression.expression, certain);
    }
  }

  #simple(node: Command, standing: Standing): void {
    const { certain } = standing;
    const assignments: ShellAssignment[] = [];
    const words: ShellWord[] = node.name ? [this.#word(node.name, certain)] : [];
    for (const item of [...node.prefix, ...node.args]) {
      if (item.type === 'Word') words.push(this.#word(item, certain));
      else if (item.type === 'Assignment') {
        // `export NAME=value`: an assignment and an argument.
        if (node.args.includes(item)) words.push(this.#argument(item.pos, item.end, item.text));
        const followed = item.append !== true && item.index === undefined && item.value.type === 'Word';
        const value = item.value.type === 'Word' ? this.#word(item.value, certain) : undefined;
        assignments.push({ name: item.name, ...(followed && value && { value }) });
      }
    }
    const redirects = node.redirects.map(redirect => this.#redirect(redirect, certain));
    const range = this.#text.range(node.pos, node.end);
    this.commands.push({ words, assignments, redirects, range, ...standing });
  }

  #redirect(redirect: Command['redirects'][number], certain: boolean): ShellRedirect {
    const { descriptor } = redirect;
    // `2>` is another matter than `>`, and `1>` is the same.
    const number = descriptor?.type === 'FileDescriptor' && descriptor.value > 1 ? descriptor.value : '';
    const operator = `${number}${redirect.operator}`;
    if (redirect.type === 'HereDoc')
      return { operator, body: this.#text.slice(redirect.body.pos, redirect.body.end) };
    return { operator, ...(redirect.target && { target: this.#word(redirect.target, certain) }) };
  }

  #argument(start: number, end: number, text: string): ShellWord {
    return new ShellWord(this.#text, start, end, [{ type: 'text', text }]);
  }

  #word(word: NonNullable<Command['name']>, certain: boolean): ShellWord {
    const pieces = wordPieces(word, script => this.#substituted(script, certain));
    return new ShellWord(this.#text, word.pos, word.end, pieces);
  }
}
