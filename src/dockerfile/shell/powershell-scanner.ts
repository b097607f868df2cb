import type { Pieces } from './windows-word.ts';

/** The parts of a PowerShell script that hold no commands: blanks, comments, strings and tables. */
export class PowerShellScanner {
  /** Why the script was not read to its end. */
  problem: string | undefined;
  protected readonly text: string;
  protected at = 0;

  constructor(text: string) {
    this.text = text;
  }

  protected stop(problem: string): void {
    this.problem ??= problem;
    this.at = this.text.length;
  }

  /** A string in single quotes, in which two of them are one. */
  protected singleQuoted(pieces: Pieces): void {
    this.at++;
    for (;;) {
      const end = this.text.indexOf("'", this.at);
      if (end === -1) return this.stop(`a ' is not closed`);
      pieces.text(this.text.slice(this.at, end));
      this.at = end + 1;
      if (this.text[this.at] !== "'") return;
      pieces.text("'");
      this.at++;
    }
  }

  protected hereString(quote: string, pieces: Pieces): void {
    const end = this.text.indexOf(`\n${quote}@`, this.at);
    if (end === -1) return this.stop('a here-string is not closed');
    const body = this.text.slice(this.at + 2, end);
    if (quote === '"' && body.includes('$')) pieces.other(body);
    else pieces.text(body.replace(/^\r?\n/, ''));
    this.at = end + 3;
  }

  /** `@{ name = value; … }` starts nothing worth following. */
  protected skipTable(): void {
    let open = 0;
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at];
      if (char === '{') open++;
      else if (char === '}' && --open === 0) {
        this.at++;
        return;
      } else if (char === "'") {
        const end = this.text.indexOf("'", this.at + 1);
        if (end !== -1) this.at = end;
      }
    }
  }

  /** Blanks, continuations and comments. */
  protected blanks(newlines: boolean): void {
    for (;;) {
      this.match(newlines ? /(?:\s|`\r?\n)+/y : /(?:[^\S\n]|`\r?\n)+/y);
      if (this.text.startsWith('<#', this.at)) {
        const end = this.text.indexOf('#>', this.at);
        this.at = end === -1 ? this.text.length : end + 2;
      } else if (this.text[this.at] === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end === -1 ? this.text.length : end;
      } else return;
    }
  }

  protected isEnd(): boolean {
    const char = this.text[this.at];
    if (char === undefined || char === ';' || char === '\n' || char === '|' || char === ')' || char === '}')
      return true;
    return char === '&' && this.text[this.at + 1] === '&';
  }

  /** A keyword, unless it is the beginning of a longer name, or a command that is named like it. */
  protected keyword(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || /^[-.\\/]/.test(this.text.slice(this.at + found.length))) return false;
    this.at += found.length;
    return true;
  }

  protected match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}
