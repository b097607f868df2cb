import { usageError } from '../core/index.ts';
import type { Source } from './source.ts';

/** BuildKit's scanner takes no line of more bytes than this; its line end is not counted. */
export const maximumLineBytes = 65_535;

/** A line as it stands in the file. */
export interface PhysicalLine {
  readonly start: number;
  /** Behind the last character that is no carriage return or line feed. */
  readonly contentEnd: number;
  /** Behind the line feed, or the end of the text. */
  readonly end: number;
}

/** Reads a source line by line; both the instruction reader and the heredoc reader draw from it. */
export class PhysicalLines {
  readonly #source: Source;
  #at: number;

  constructor(source: Source) {
    this.#source = source;
    this.#at = source.begin;
  }

  /** @throws HoldfastError DOCKERFILE_LINE_TOO_LONG (exit 2) */
  next(): PhysicalLine | undefined {
    const { text } = this.#source;
    const start = this.#at;
    if (start >= text.length) return undefined;
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed + 1;
    this.#at = end;
    const limited = feed === -1 ? end : feed;
    if (limited - start > maximumLineBytes / 3) this.#checkLength(start, limited);
    let contentEnd = limited;
    while (contentEnd > start && text.charCodeAt(contentEnd - 1) === 0x0d) contentEnd--;
    return { start, contentEnd, end };
  }

  #checkLength(start: number, end: number): void {
    const bytes = Buffer.byteLength(this.#source.text.slice(start, end));
    if (bytes <= maximumLineBytes) return;
    throw usageError(
      'DOCKERFILE_LINE_TOO_LONG',
      `the line has ${bytes} bytes; ${maximumLineBytes} are allowed`,
      {
        where: this.#source.where(start),
        next: 'Break the line with continuations, or move the data to a file that is copied in.',
      },
    );
  }
}
