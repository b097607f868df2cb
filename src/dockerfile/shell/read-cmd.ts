import type { ShellCommand, ShellRedirect, ShellScript, Standing } from './command.ts';
import { type PlacedText, whyNoScript } from './placed-text.ts';
import { Pieces, programWord, WindowsWord } from './windows-word.ts';

const deepest = 100;

const variable = /%([A-Za-z_][\w.]*(?:\(x86\))?)%|!([A-Za-z_][\w.]*)!/iy;
/** Variables of which only a part is taken, parameters, and those of FOR. */
const other = /%~?[\w*]{1,10}:[^%\n]{1,80}%|%%?~?[a-z]*[A-Za-z0-9*]/iy;
const redirection = /[0-9]?(?:>>|>|<)(?:&[0-9])?/y;
const condition =
  /(?:\/i\s+)?(?:not\s+)?(?:exist\s+(?:"[^"\n]*"|\S+)|defined\s+\S+|(?:errorlevel|cmdextversion)\s+\S+|(?:"[^"\n]*"|[^\s=("]+)\s*(?:==|\s(?:equ|neq|lss|leq|gtr|geq)\s)\s*(?:"[^"\n]*"|[^\s(]+))\s*/iy;
const forHead = /(?:\/[a-z]\s+(?:"[^"\n]*"\s+)?)*%%?[a-z]\s+in\s*\((?:"[^"\n]*"|[^)"\n])*\)\s*do\s+/iy;

/**
 * The commands of a script for cmd.exe: lists, pipes, groups, IF, FOR and SET, with variables. Labels and `goto` are not
 * followed. `\"` is a quote, as it is to the programs that are started. Never throws.
 */
export function readCmd(text: PlacedText): ShellScript {
  const why = whyNoScript(text);
  if (why !== undefined) return { commands: [], unread: why };
  const reader = new CmdReader(text);
  reader.read();
  const { commands, problem } = reader;
  return problem === undefined
    ? { commands }
    : { commands, unread: `its batch commands are not read to the end: ${problem}` };
}

class CmdReader {
  readonly commands: ShellCommand[] = [];
  problem: string | undefined;
  readonly #placed: PlacedText;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(placed: PlacedText) {
    this.#placed = placed;
    this.#text = placed.text;
  }

  read(): void {
    this.#list({ input: [], certain: true, substituted: false, apart: false });
  }

  /** Commands up to the end, or to the bracket that closes a group. */
  #list(standing: Standing): void {
    if (this.#depth > deepest) {
      this.problem ??= 'it is nested too deeply';
      this.#at = this.#text.length;
    }
    let { certain, input } = standing;
    while (this.#at < this.#text.length) {
      const before = this.commands.length;
      this.#command({ ...standing, input, certain });
      this.#match(/[^\S\n]+/y);
      const operator = this.#match(/&&|\|\||&|\||\n|\)/y);
      if (operator === ')' && this.#depth > 0) return;
      input = operator === '|' ? this.commands.slice(before) : [];
      certain = standing.certain && operator !== '||';
    }
    if (this.#depth > 0) this.problem ??= 'a ")" is missing';
  }

  #command(standing: Standing): void {
    let { certain } = standing;
    for (;;) {
      this.#match(/[\s@]+/y);
      if (this.#keyword('if')) this.#match(condition);
      else if (this.#keyword('for')) this.#match(forHead);
      else if (!this.#keyword('else')) break;
      certain = false;
    }
    if (this.#keyword('rem') || this.#text[this.#at] === ':') this.#match(/[^\n]*/y);
    else if (this.#text[this.#at] === '(') this.#group({ ...standing, certain });
    else this.#simple({ ...standing, certain });
  }

  #group(standing: Standing): void {
    this.#at++;
    this.#depth++;
    this.#list(standing);
    this.#depth--;
    this.#match(/[^\S\n]+/y);
    if (this.#keyword('else')) this.#command({ ...standing, certain: false });
  }

  #simple(standing: Standing): void {
    const start = this.#at;
    const words: WindowsWord[] = [];
    const redirects: ShellRedirect[] = [];
    let end = start;
    while (!this.#isEnd()) {
      const operator = this.#match(redirection);
      if (operator !== undefined) {
        this.#match(/[^\S\n]+/y);
        const target = operator.includes('&') || this.#isEnd() ? undefined : this.#word();
        redirects.push({ operator: operator.replace(/^1/, ''), ...(target && { target }) });
      } else words.push(this.#word());
      end = this.#at;
      this.#match(/[^\S\n]+/y);
    }
    const [first, ...args] = words;
    if (first === undefined) return;
    const program = programWord(this.#placed, start, start + first.text.length, first.pieces);
    const { literal } = program;
    const assignments = literal === 'set' ? this.#assigned(args) : [];
    this.commands.push({
      words: literal === 'set' ? [] : [program, ...args],
      assignments,
      redirects,
      range: this.#placed.range(start, end),
      ...standing,
    });
  }

  /** `set NAME=value`, of which the quotes may hold both; with `/p` and `/a` nobody knows the value. */
  #assigned(args: readonly WindowsWord[]): ShellCommand['assignments'] {
    const [first] = args;
    const last = args.at(-1);
    if (first === undefined || last === undefined) return [];
    const given = first.through(last);
    const [, quote = '', name, value = ''] = /^("?)([^"=\s/]+)=(.*)$/s.exec(given.text) ?? [];
    if (name === undefined) return [];
    const plain = quote === '' ? value : value.replace(/".*$/s, '');
    if (/[%!^]/.test(plain)) return [{ name }];
    const from = given.text.indexOf('=') + 1;
    const word = new WindowsWord(given, from, from + plain.length, [{ type: 'text', text: plain }]);
    return [{ name, value: word }];
  }

  #word(): WindowsWord {
    const start = this.#at;
    const pieces = new Pieces();
    let quoted = false;
    for (; this.#at < this.#text.length; ) {
      const char = this.#text[this.#at] ?? '';
      const next = this.#text[this.#at + 1] ?? '';
      if (char === '\\' && next === '"') {
        pieces.text('"');
        this.#at += 2;
      } else if (char === '"') {
        quoted = !quoted;
        pieces.text('');
        this.#at++;
      } else if (!quoted && this.#isWordEnd(char)) break;
      else if (!quoted && char === '^') {
        if (next !== '\n') pieces.text(next);
        this.#at += 2;
      } else if (!this.#variable(pieces)) {
        pieces.text(char);
        this.#at++;
      }
    }
    if (quoted) this.problem ??= 'a " is not closed';
    if (this.#at === start) this.#at++;
    return new WindowsWord(this.#placed, start, this.#at, pieces.list);
  }

  #variable(pieces: Pieces): boolean {
    const char = this.#text[this.#at];
    if (char !== '%' && char !== '!') return false;
    variable.lastIndex = this.#at;
    const found = variable.exec(this.#text);
    if (found !== null) {
      this.#at += found[0].length;
      pieces.variable(found[1] ?? found[2] ?? '');
      return true;
    }
    const text = char === '%' ? this.#match(other) : undefined;
    if (text !== undefined) pieces.other(text);
    return text !== undefined;
  }

  #isWordEnd(char: string): boolean {
    return /[\s&|<>]/.test(char) || (char === ')' && this.#depth > 0);
  }

  #isEnd(): boolean {
    const char = this.#text[this.#at];
    return char === undefined || /[\n&|]/.test(char) || (char === ')' && this.#depth > 0);
  }

  #keyword(name: string): boolean {
    const found = this.#text.slice(this.#at, this.#at + name.length + 1).toLowerCase();
    if (!found.startsWith(name) || !/^[\s(]?$/.test(found.slice(name.length))) return false;
    this.#at += name.length;
    this.#match(/[^\S\n]+/y);
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
