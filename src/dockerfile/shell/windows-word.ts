import { type ShellCommand, ShellWord, type WordPiece } from './command.ts';
import type { PlacedText } from './placed-text.ts';

/**
 * A word of cmd or PowerShell. What it quotes keeps its places as a script, since `\"` means a quote to both of the
 * readers.
 */
export class WindowsWord extends ShellWord {
  override asScript(value: string): PlacedText {
    const { text } = this;
    const quote = text[0];
    const isWhole = (quote === '"' || quote === "'") && text.length > 1 && text.endsWith(quote);
    return isWhole && !hasQuote(text, quote) ? this.inner() : super.asScript(value);
  }
}

/** Whether a quote stands between the first and the last character. */
function hasQuote(text: string, quote: string): boolean {
  for (let at = 1; at < text.length - 1; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return true;
  }
  return false;
}

/** Collects the parts of a word, neighbouring texts joined. */
export class Pieces {
  readonly list: WordPiece[] = [];

  text(text: string): void {
    const last = this.list.at(-1);
    if (last?.type === 'text') this.list[this.list.length - 1] = { type: 'text', text: last.text + text };
    else this.list.push({ type: 'text', text });
  }

  variable(name: string): void {
    // Neither shell splits a value at its blanks.
    this.list.push({ type: 'variable', name, quoted: true });
  }

  other(text: string): void {
    this.list.push({ type: 'other', text });
  }

  output(text: string, commands: readonly ShellCommand[]): void {
    this.list.push({ type: 'output', text, commands });
  }
}

/** The program's word as finders know it: small letters, slashes, and the name that an alias stands for. */
export function programWord(
  text: PlacedText,
  start: number,
  end: number,
  pieces: readonly WordPiece[],
  aliases: ReadonlyMap<string, string> = new Map(),
): ShellWord {
  const [first, ...more] = pieces;
  if (first?.type !== 'text' || more.length > 0) return new WindowsWord(text, start, end, pieces);
  const name = first.text.replaceAll('\\', '/').replace(/\.(exe|cmd|bat)$/i, '');
  const known = aliases.get(name.toLowerCase()) ?? name.toLowerCase();
  // A path stays as it is written, so that it can be told from what was saved.
  const program = name.includes('/') ? first.text.replaceAll('\\', '/') : known;
  return new WindowsWord(text, start, end, [{ type: 'text', text: program }]);
}
