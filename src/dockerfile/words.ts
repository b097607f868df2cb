import { isBlank, isSpace, skipSpaces } from './characters.ts';
import type { EscapeCharacter } from './directives.ts';
import type { MappedText, Word } from './mapped-text.ts';

/** Splits at blanks; quotes and escapes mean nothing here: the operands of FROM, COPY, ADD, EXPOSE and VOLUME. */
export function blankSeparatedWords(text: MappedText): Word[] {
  const words: Word[] = [];
  let start = 0;
  const end = text.text.length;
  for (let at = 0; at <= end; at++) {
    if (at < end && !isBlank(text.text.charCodeAt(at))) continue;
    if (at > start) words.push(text.word(start, at));
    start = at + 1;
  }
  return words;
}

/** Splits at the first run of blanks. The second part keeps whatever blanks it holds. */
export function firstWordAndRest(text: MappedText): [first: MappedText, rest: MappedText | undefined] {
  const end = text.text.length;
  let at = 0;
  while (at < end && !isBlank(text.text.charCodeAt(at))) at++;
  const first = text.slice(0, at);
  while (at < end && isBlank(text.text.charCodeAt(at))) at++;
  return [first, at === end ? undefined : text.slice(at)];
}

/**
 * Splits at spaces that are neither quoted nor escaped, and keeps quotes and escapes: the operands of ENV, LABEL
 * and ARG. An escape that ends the text is dropped.
 */
export function quotedPieces(text: MappedText, escape: EscapeCharacter): MappedText[] {
  const words: MappedText[] = [];
  for (let start = skipSpaces(text.text); start < text.text.length; ) {
    const { content, end } = endOfQuotedWord(text.text, start, escape);
    if (content > start) words.push(text.slice(start, content));
    start = skipSpaces(text.text, end);
  }
  return words;
}

function endOfQuotedWord(
  text: string,
  start: number,
  escape: EscapeCharacter,
): { content: number; end: number } {
  let quote: string | undefined;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    // Nothing can be escaped between single quotes.
    if (character === escape && quote !== "'") {
      if (at + 1 === text.length) return { content: at, end: text.length };
      at++;
    } else if (quote !== undefined) quote = character === quote ? undefined : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (isSpace(text.charCodeAt(at))) return { content: at, end: at };
  }
  return { content: text.length, end: text.length };
}
