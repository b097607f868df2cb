import { isSpace, skipSpaces } from './characters.ts';
import type { EscapeCharacter } from './directives.ts';
import type { MappedText, Word } from './mapped-text.ts';

/** A word of which quotes and escapes have been taken away, and for each of its characters where it stood. */
export interface UnquotedWord {
  readonly text: string;
  readonly raw: MappedText;
  /** For every code unit of `text` its index in `raw`. */
  readonly positions: readonly number[];
}

/** The place of part of an unquoted word. */
export function partOf(word: UnquotedWord, start: number, end = word.text.length): Word {
  const from = word.positions[start] ?? word.raw.text.length;
  const to = end > start ? (word.positions[end - 1] ?? 0) + 1 : from;
  return { text: word.text.slice(start, end), range: word.raw.range(from, to) };
}

/**
 * The flags in front of an instruction's operands: leading words that begin with `--`; the word `--` ends them.
 * BuildKit reads these byte by byte and so garbles flags that are not ASCII; they are kept whole here.
 */
export function leadingFlags(
  text: MappedText,
  escape: EscapeCharacter,
): { readonly flags: UnquotedWord[]; readonly rest: MappedText } {
  const flags: UnquotedWord[] = [];
  let at = skipSpaces(text.text);
  while (text.text.startsWith('--', at)) {
    const end = endOfFlag(text.text, at, escape);
    const flag = unquoted(text.slice(at, end), escape);
    at = skipSpaces(text.text, end);
    if (flag.text === '--') break;
    flags.push(flag);
  }
  return { flags, rest: text.slice(at) };
}

/** Unlike in other words, escapes work between single quotes too. */
function endOfFlag(text: string, start: number, escape: EscapeCharacter): number {
  let quote: string | undefined;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (quote === undefined && isSpace(text.charCodeAt(at))) return at;
    if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) quote = character;
    else if (character === escape) at++;
  }
  return text.length;
}

function unquoted(raw: MappedText, escape: EscapeCharacter): UnquotedWord {
  const characters: string[] = [];
  const positions: number[] = [];
  let quote: string | undefined;
  for (let at = 0; at < raw.text.length; at++) {
    const character = raw.text[at];
    if (character === quote) {
      quote = undefined;
      continue;
    }
    if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      continue;
    }
    if (character === escape && ++at === raw.text.length) break;
    characters.push(raw.text[at] ?? '');
    positions.push(at);
  }
  return { text: characters.join(''), raw, positions };
}
