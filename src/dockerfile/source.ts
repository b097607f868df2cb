import type { SourcePlace } from '../core/index.ts';

/**
 * A stretch of a file's text: half-open offsets in UTF-16 code units into that text as it was given (a byte
 * order mark counts), and the same two places as lines and columns, which count from 1.
 */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** For text that is no file of its own: the place of an offset into it in the file that holds it, or asks for it. */
export type StandsAt = (offset: number) => Pick<SourcePlace, 'line' | 'column'>;

/** Text with the name it has in messages, and the table that turns offsets into lines and columns. */
export class Source {
  readonly text: string;
  readonly file: string;
  /** Where the first character after a byte order mark is. */
  readonly begin: number;
  readonly #lineStarts: number[];
  readonly #standsAt: StandsAt | undefined;

  constructor(text: string, file: string, standsAt?: StandsAt) {
    this.text = text;
    this.file = file;
    this.#standsAt = standsAt;
    this.begin = text.startsWith('\uFEFF') ? 1 : 0;
    this.#lineStarts = [this.begin];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  range(start: number, end: number): SourceRange {
    const from = this.#place(start);
    const to = this.#place(end);
    return { start, end, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }

  where(offset: number): SourcePlace {
    return { file: this.file, ...this.#place(offset) };
  }

  #place(offset: number): { line: number; column: number } {
    if (this.#standsAt !== undefined) {
      const { line, column = 1 } = this.#standsAt(offset);
      return { line, column };
    }
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.max(0, offset - (this.#lineStarts[low] ?? 0)) + 1 };
  }
}
