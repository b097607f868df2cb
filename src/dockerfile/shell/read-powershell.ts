import type { ShellCommand, ShellRedirect, ShellScript, Standing } from './command.ts';
import { type PlacedText, whyNoScript } from './placed-text.ts';
import { PowerShellScanner } from './powershell-scanner.ts';
import { Pieces, programWord, WindowsWord } from './windows-word.ts';

const deepest = 100;

/** Names that stand for commands. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['iwr', 'invoke-webrequest'],
  ['irm', 'invoke-restmethod'],
  ['iex', 'invoke-expression'],
  ['saps', 'start-process'],
  ['start', 'start-process'],
  ['inmo', 'install-module'],
  ['sbt', 'start-bitstransfer'],
]);

const oldAliases: ReadonlyMap<string, string> = new Map([
  ...aliases,
  ['curl', 'invoke-webrequest'],
  ['wget', 'invoke-webrequest'],
]);

/** Methods and properties of .NET that do what commands do; what they are given are its arguments. */
const members = /^(downloadfile|downloadstring|downloaddata|newguid|servercertificatevalidationcallback)$/i;

const blocks = /(if|elseif|while|until|switch|foreach|for|catch|trap|param|function|filter|class)\b/iy;
const prefixes = /(else|do|try|finally|begin|process|end|return|throw|exit|in)\b(?![-.\\/])/iy;
const variable =
  /\$(?:(env|global|script|local|private|using):)?([A-Za-z_]\w*)|\$\{(?:(env):)?([^}]{1,200})\}/iy;
const percent = /%([A-Za-z_]\w*(?:\(x86\))?)%/y;
const redirection = /(?:[1-6*]?>>?(?:&[12])?)/y;

/**
 * The commands of a PowerShell script, as far as they can be told without PowerShell: pipelines, blocks, strings with
 * their variables, assignments of plain values, and a few methods of .NET that download. Functions are not followed, nor
 * are tables of arguments (`@name`). `\"` is a quote: so it comes through the command line that RUN makes. Never throws.
 */
export function readPowerShell(text: PlacedText): ShellScript {
  const why = whyNoScript(text);
  if (why !== undefined) return { commands: [], unread: why };
  const reader = new PowerShellReader(text);
  reader.read();
  const { commands, problem } = reader;
  return problem === undefined
    ? { commands }
    : { commands, unread: `its PowerShell is not read to the end: ${problem}` };
}

class PowerShellReader extends PowerShellScanner {
  readonly commands: ShellCommand[] = [];
  readonly #placed: PlacedText;
  #depth = 0;

  constructor(placed: PlacedText) {
    super(placed.text);
    this.#placed = placed;
  }

  read(): void {
    this.#statements('', { input: [], certain: true, substituted: false, apart: false });
  }

  /** @param closer the bracket that ends them, or nothing at the end of the text. */
  #statements(closer: '' | ')' | '}', standing: Standing): void {
    if (++this.#depth > deepest) this.stop('it is nested too deeply');
    for (;;) {
      this.blanks(true);
      const char = this.text[this.at];
      if (char === undefined) {
        if (closer !== '') this.problem ??= `a "${closer}" is missing`;
        break;
      }
      this.at++;
      if (char === closer) break;
      if (char === ';' || char === ',' || char === '|' || char === '&' || char === ')' || char === '}') {
        if (char !== '&') continue;
      }
      this.at--;
      this.#statement(standing);
    }
    this.#depth--;
  }

  /** One pipeline, or several joined by `&&` and `||`. */
  #statement(standing: Standing): void {
    let { input, certain } = standing;
    for (;;) {
      const before = this.commands.length;
      this.#element({ ...standing, input, certain });
      this.blanks(false);
      const next = this.text.slice(this.at, this.at + 2);
      if (next === '&&' || next === '||') {
        this.at += 2;
        input = [];
        certain &&= next === '&&';
      } else if (next.startsWith('|')) {
        this.at++;
        const own = this.commands.slice(before);
        input = own.filter(({ substituted }) => !substituted || standing.substituted);
        // What an expression computes from a command goes into the pipe as well: `(iwr …).Content | iex`.
        if (input.length === 0) input = own;
      } else return;
      this.blanks(true);
    }
  }

  #element(standing: Standing): void {
    this.blanks(false);
    while (this.keyword(prefixes)) {
      this.blanks(true);
      if (this.text[this.at] === '{') return this.#block({ ...standing, input: [] });
    }
    if (this.keyword(blocks)) return this.#control(standing);
    const called = /[&.](?=[\s"'({$])/y;
    called.lastIndex = this.at;
    const isCall = called.test(this.text);
    if (isCall) {
      this.at++;
      this.blanks(false);
    }
    const char = this.text[this.at] ?? '';
    if (char === '{') return this.#block(standing);
    const isExpression = /[$([@'"\d!,+{%-]/.test(char) || /\[/.test(char);
    if (isExpression && !(isCall && /['"$]/.test(char))) return this.#expression(standing);
    this.#command(standing);
  }

  /** `if (…) {…}` and its like: the condition runs for certain, the block perhaps. */
  #control(standing: Standing): void {
    const inner = { ...standing, input: [] };
    while (this.at < this.text.length) {
      this.blanks(true);
      const char = this.text[this.at];
      if (char === undefined || char === ';' || char === ')' || char === '}') return;
      this.at++;
      if (char === '(') this.#statements(')', { ...inner, substituted: true });
      else if (char === '{') return this.#statements('}', { ...inner, certain: false });
    }
  }

  #block(standing: Standing): void {
    this.at++;
    this.#statements('}', standing);
  }

  /** `$name = …`, a value, or calls of methods. */
  #expression(standing: Standing): void {
    const start = this.at;
    const inner = { ...standing, input: [], substituted: true };
    let member = '';
    let memberStart = 0;
    while (!this.isEnd()) {
      const char = this.text[this.at] ?? '';
      if (char === '(') {
        if (members.test(member)) this.#methodCall(member, memberStart, inner);
        else if (/^create$/i.test(member) && /\[scriptblock\]::$/i.test(this.text.slice(start, memberStart)))
          this.#methodCall('invoke-expression', memberStart, inner);
        else {
          this.at++;
          this.#statements(')', inner);
        }
      } else if (char === '{') this.#block({ ...inner, certain: false });
      else if (char === '@' && this.text[this.at + 1] === '{') this.skipTable();
      else if (char === '=' && !/[=!<>]/.test(this.text[this.at - 1] ?? '')) {
        if (members.test(member)) this.#methodCall(member, memberStart, inner);
        else return this.#assigned(this.text.slice(start, this.at).trim(), standing);
      } else if (char === '"' || char === "'" || char === '$' || this.text.startsWith('\\"', this.at))
        this.#value(inner, new Pieces());
      else {
        const name = /[A-Za-z_][\w-]*/y;
        name.lastIndex = this.at;
        const [found] = name.exec(this.text) ?? [];
        memberStart = this.at;
        member = found ?? (char === ' ' ? member : '');
        this.at += found?.length ?? 1;
      }
    }
  }

  /** What is given to a method is given to a command of its name. */
  #methodCall(name: string, start: number, standing: Standing): void {
    const program = new WindowsWord(this.#placed, start, this.at, [
      { type: 'text', text: name.toLowerCase() },
    ]);
    this.at++;
    const words: WindowsWord[] = [];
    for (;;) {
      this.blanks(true);
      const char = this.text[this.at];
      if (char === undefined) break;
      if (char === ')' || char === ';' || char === '}') {
        if (char === ')') this.at++;
        break;
      }
      if (char === ',') this.at++;
      else words.push(this.#word(standing));
    }
    this.#push([program, ...words], [], start, this.at, standing);
  }

  /** The right side of `=`: only plain values are followed. */
  #assigned(target: string, standing: Standing): void {
    this.at++;
    this.blanks(true);
    const found = /^\$(?:(env):|(?:global|script|local):)?([A-Za-z_]\w*)\s*([-+*/]?)$/i.exec(target);
    const name = found === null ? undefined : nameOf(found[1], found[2] ?? '');
    const isAdded = found?.[3] !== '';
    const char = this.text[this.at] ?? '';
    const start = this.at;
    if (/["'$]/.test(char) || this.text.startsWith('\\"', start)) {
      const word = this.#word({ ...standing, substituted: true });
      this.blanks(false);
      if (this.isEnd()) {
        if (name !== undefined)
          this.#push([], [], start, this.at, standing, [{ name, ...(!isAdded && { value: word }) }]);
        return;
      }
      this.at = start;
      this.#expression({ ...standing, substituted: true });
    } else this.#element({ ...standing, input: [], substituted: true });
    if (name !== undefined) this.#push([], [], start, this.at, standing, [{ name }]);
  }

  #command(standing: Standing): void {
    const start = this.at;
    const inner = { ...standing, input: [] };
    const words: WindowsWord[] = [];
    const redirects: ShellRedirect[] = [];
    let end = start;
    while (!this.isEnd()) {
      const operator = this.match(redirection);
      if (operator !== undefined) {
        this.blanks(false);
        const target = /&[12]$/.test(operator) || this.isEnd() ? undefined : this.#word(inner);
        redirects.push({ operator: operator.replace(/^[*1]/, ''), ...(target && { target }) });
      } else if (this.text.startsWith('@{', this.at)) this.skipTable();
      else if (this.text.startsWith('@(', this.at)) words.push(...this.#list(inner));
      else if (this.text[this.at] === ',') this.at++;
      else words.push(this.#word(inner));
      end = this.at;
      this.blanks(false);
    }
    const [first, ...args] = words;
    if (first === undefined) {
      // A character that begins nothing: go on behind it.
      if (this.at === start) this.at++;
      return;
    }
    const program = programWord(this.#placed, start, start + first.text.length, first.pieces, namesFor(args));
    this.#push([program, ...args], redirects, start, end, standing);
  }

  #push(
    words: ShellCommand['words'],
    redirects: readonly ShellRedirect[],
    start: number,
    end: number,
    { input, certain, substituted, apart }: Standing,
    assignments: ShellCommand['assignments'] = [],
  ): void {
    const range = this.#placed.range(start, end);
    this.commands.push({ words, assignments, redirects, range, input, certain, substituted, apart });
  }

  /** `@('a', 'b')` is as many words. */
  #list(standing: Standing): WindowsWord[] {
    this.at += 2;
    const words: WindowsWord[] = [];
    for (;;) {
      this.blanks(true);
      const char = this.text[this.at];
      if (char === undefined) return words;
      if (char === ')' || char === ',' || char === ';' || char === '}') this.at++;
      if (char === ')') return words;
      if (!/[),;}]/.test(char)) words.push(this.#word(standing));
    }
  }

  #word(standing: Standing): WindowsWord {
    const start = this.at;
    const pieces = new Pieces();
    this.#value(standing, pieces);
    while (this.at < this.text.length && !/[\s;|,)}]/.test(this.text[this.at] ?? ''))
      this.#value(standing, pieces);
    if (this.at === start) this.at++;
    return new WindowsWord(this.#placed, start, this.at, pieces.list);
  }

  /** One string, variable, group, block or stretch of plain text. */
  #value(standing: Standing, pieces: Pieces): void {
    const start = this.at;
    const char = this.text[start] ?? '';
    const next = this.text[start + 1] ?? '';
    if (char === '(' || (char === '$' && next === '(') || (char === '@' && next === '(')) {
      this.at += char === '(' ? 1 : 2;
      pieces.output(...this.#output(start, standing));
    } else if (char === '{') {
      this.#block({ ...standing, input: [], certain: false });
      pieces.other(this.text.slice(start, this.at));
    } else if (char === "'") this.singleQuoted(pieces);
    else if (char === '"' || (char === '\\' && next === '"')) this.#double(standing, pieces);
    else if (char === '@' && (next === '"' || next === "'")) this.hereString(next, pieces);
    else if (char === '`') {
      pieces.text(next);
      this.at += 2;
    } else if (!this.#variable(pieces)) {
      const plain = /[^\s;|,(){}'"`$%\\@]+/y;
      plain.lastIndex = start;
      const text = plain.exec(this.text)?.[0] ?? char;
      pieces.text(text);
      this.at += text.length;
    }
  }

  /** What stands in brackets; behind them a property may be asked for. */
  #output(start: number, standing: Standing): [text: string, commands: readonly ShellCommand[]] {
    const before = this.commands.length;
    this.#statements(')', { ...standing, input: [], substituted: true, apart: true });
    this.match(/(?:\.[A-Za-z]\w*(?!\())+/y);
    return [this.text.slice(start, this.at), this.commands.slice(before)];
  }

  #variable(pieces: Pieces): boolean {
    variable.lastIndex = this.at;
    const found = variable.exec(this.text);
    if (found !== null) {
      this.at += found[0].length;
      pieces.variable(nameOf(found[1] ?? found[3], found[2] ?? found[4] ?? ''));
      return true;
    }
    const name = this.match(percent);
    if (name !== undefined) pieces.variable(name.slice(1, -1));
    return name !== undefined;
  }

  #double(standing: Standing, pieces: Pieces): void {
    const quote = this.text[this.at] === '\\' ? '\\"' : '"';
    this.at += quote.length;
    pieces.text('');
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) return this.stop(`a " is not closed`);
      if (this.text.startsWith(quote, this.at) && !this.text.startsWith('""', this.at)) {
        this.at += quote.length;
        return;
      }
      const next = this.text[this.at + 1] ?? '';
      if (char === '`' || (char === '"' && next === '"') || (char === '\\' && next === '"')) {
        pieces.text(next);
        this.at += 2;
      } else if (char === '$' && next === '(') {
        const start = this.at;
        this.at += 2;
        pieces.output(...this.#output(start, standing));
      } else if (!this.#variable(pieces)) {
        const text = /[^`"\\$%]+/y;
        text.lastIndex = this.at;
        const plain = text.exec(this.text)?.[0] ?? char;
        pieces.text(plain);
        this.at += plain.length;
      }
    }
  }
}

/** `curl` and `wget` are the programs of that name, unless they are given what only PowerShell's command takes. */
function namesFor(args: readonly WindowsWord[]): ReadonlyMap<string, string> {
  return args.some(({ text }) => /^-(uri|outf\w*|useb\w*|headers|method)$/i.test(text))
    ? oldAliases
    : aliases;
}

/** Names of the environment as they are written; the script's own, which are alike in any case, in small letters. */
function nameOf(scope: string | undefined, name: string): string {
  return scope?.toLowerCase() === 'env' ? name : name.toLowerCase();
}
