import type { SourceRange } from '../source.ts';

/** Text of which every stretch knows where it was written: a MappedText, or text that stands for one place. */
export interface PlacedText {
  readonly text: string;
  range(start?: number, end?: number): SourceRange;
  slice(start: number, end?: number): PlacedText;
}

/** Text whose characters cannot be told apart in the source: all of them stand for `place`. */
export function textAt(text: string, place: SourceRange): PlacedText {
  return { text, range: () => place, slice: (start, end) => textAt(text.slice(start, end), place) };
}

/** UTF-16 code units; longer scripts are data, and the shell parser's time is not linear for all of them. */
const longestScript = 256 * 1024;

/** Why a text is no script that anybody reads; nothing for one that may be. */
export function whyNoScript({ text }: PlacedText): string | undefined {
  if (text.includes('\0')) return 'it holds a NUL character';
  return text.length > longestScript ? `it is longer than ${longestScript} characters` : undefined;
}
