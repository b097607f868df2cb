import type { Scalar } from 'yaml';
import { TextJoiner, type MappedText, type Source } from '../dockerfile/index.ts';

/** A scalar's text, of which every character knows where in the file it was written. */
export function scalarText(scalar: Scalar, text: string, source: Source): MappedText {
  const [start = 0, end = start] = scalar.range ?? [];
  const joiner = new TextJoiner(source);
  const { type = 'PLAIN' } = scalar;
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') {
    const content = source.text.indexOf('\n', start) + 1;
    if (type === 'BLOCK_LITERAL') addLines(joiner, text, source.text, content);
    else align(joiner, text, source.text.slice(0, end), content);
  } else {
    const quote = type === 'PLAIN' ? 0 : 1;
    align(joiner, text, source.text.slice(0, end - quote), start + quote);
  }
  return joiner.finish(start);
}

/** The lines of a literal block are those of its value behind the indentation. */
function addLines(joiner: TextJoiner, text: string, source: string, content: number): void {
  let at = content;
  for (const [line] of text.matchAll(/[^\n]*\n|[^\n]+/g)) {
    const body = line.endsWith('\n') ? line.slice(0, -1) : line;
    const newline = source.indexOf('\n', at);
    const end = newline === -1 ? source.length : newline;
    const begin = Math.max(
      at,
      end - body.length - (source[end - 1] === '\r' && !body.endsWith('\r') ? 1 : 0),
    );
    joiner.add(begin, begin + body.length);
    if (body !== line) joiner.addSynthetic('\n', end);
    at = end + 1;
  }
}

/** Other scalars differ from how they are written by escapes and by how lines are folded. */
function align(joiner: TextJoiner, text: string, source: string, begin: number): void {
  if (source.startsWith(text, begin)) {
    joiner.add(begin, begin + text.length);
    return;
  }
  let at = begin;
  for (const character of text.split('')) {
    at += skippedLength(source, at, character);
    if (source[at] === character && !(character === '\\' && source[at + 1] === '\\')) {
      joiner.add(at, at + 1);
      at += character === "'" && source[at + 1] === "'" ? 2 : 1;
      continue;
    }
    joiner.addSynthetic(character, Math.min(at, source.length));
    if (source[at] === '\\') at += escapeLength(source[at + 1]);
    else if (/\s/.test(source[at] ?? '')) while (/\s/.test(source[at] ?? '')) at++;
  }
}

const continuation = /\\\r?\n\s*/y;
const indentation = /[ \t]*/y;

/** What is written in front of a character and stands for nothing: an escaped line end, and a line's indentation. */
function skippedLength(source: string, at: number, character: string): number {
  const pattern = source[at] === '\\' ? continuation : indentation;
  if (pattern === indentation && /\s/.test(character)) return 0;
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0].length ?? 0;
}

function escapeLength(letter = ''): number {
  switch (letter) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}
