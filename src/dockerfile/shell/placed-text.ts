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
