import { endWithoutSpaces, skipSpaces } from './characters.ts';
import type { EscapeCharacter } from './directives.ts';
import { type MappedText, TextJoiner } from './mapped-text.ts';
import { type PhysicalLine, PhysicalLines } from './physical-lines.ts';
import type { Source, SourceRange } from './source.ts';

/** An instruction's line after joining: comments, empty lines within it and spaces around it are gone. */
export interface LogicalLine {
  readonly text: MappedText;
  /** The first empty line inside the continuation: allowed, but Docker warns of it. */
  readonly emptyContinuation?: SourceRange;
}

/**
 * Joins continued lines as BuildKit's parser does. Only the first line loses its leading blanks: those of the
 * following lines are part of the joined text.
 */
export class LogicalLines {
  readonly #source: Source;
  readonly #escape: EscapeCharacter;
  readonly #lines: PhysicalLines;
  #end = 0;

  constructor(source: Source, escape: EscapeCharacter) {
    this.#source = source;
    this.#escape = escape;
    this.#lines = new PhysicalLines(source);
  }

  /** Behind the last character that was read, the end of its line not counted. */
  get end(): number {
    return this.#end;
  }

  next(): LogicalLine | undefined {
    const { text } = this.#source;
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const start = skipSpaces(text, line.start, line.contentEnd);
      if (start === line.contentEnd || text[start] === '#') continue;
      return this.#joinFrom(start, line.contentEnd);
    }
    return undefined;
  }

  /**
   * Reads up to the line that holds nothing but `terminator` (behind leading tabs, where `tabs` allows them).
   * @returns the offsets of the lines before it, or undefined where the file ends first.
   */
  readHeredoc(
    terminator: string,
    tabs: boolean,
  ): { readonly start: number; readonly end: number } | undefined {
    let start: number | undefined;
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      start ??= line.start;
      let content = line.start;
      while (tabs && this.#source.text.charCodeAt(content) === 0x09 && content < line.contentEnd) content++;
      const length = line.contentEnd - content;
      if (length === terminator.length && this.#source.text.startsWith(terminator, content)) {
        return { start, end: line.start };
      }
    }
    return undefined;
  }

  #line(): PhysicalLine | undefined {
    const line = this.#lines.next();
    if (line !== undefined) this.#end = line.contentEnd;
    return line;
  }

  #joinFrom(start: number, firstEnd: number): LogicalLine {
    const joined = new TextJoiner(this.#source);
    let emptyContinuation: SourceRange | undefined;
    let from = start;
    let end = firstEnd;
    for (;;) {
      const escape = this.#continuation(from, end);
      joined.add(from, escape ?? end);
      if (escape === undefined) break;
      const line = this.#nextContinued(empty => {
        emptyContinuation ??= this.#source.range(empty.start, empty.contentEnd);
      });
      if (line === undefined) break;
      from = line.start;
      end = line.contentEnd;
    }
    const whole = joined.finish(start);
    const first = skipSpaces(whole.text);
    const trimmed = whole.slice(first, endWithoutSpaces(whole.text, first));
    return { text: trimmed, ...(emptyContinuation && { emptyContinuation }) };
  }

  #nextContinued(onEmpty: (line: PhysicalLine) => void): PhysicalLine | undefined {
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const first = skipSpaces(this.#source.text, line.start, line.contentEnd);
      if (first === line.contentEnd) onEmpty(line);
      else if (this.#source.text[first] !== '#') return line;
    }
    return undefined;
  }

  /**
   * The offset of the escape that continues source[from, end): the last character but for blanks and tabs, unless
   * another escape stands right before it. (So three of them in a row do not continue either.)
   */
  #continuation(from: number, end: number): number | undefined {
    const { text } = this.#source;
    let at = end - 1;
    while (at >= from && (text[at] === ' ' || text[at] === '\t')) at--;
    if (at < from || text[at] !== this.#escape) return undefined;
    return at > from && text[at - 1] === this.#escape ? undefined : at;
  }
}
