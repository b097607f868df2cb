import type { SourcePlace } from '../core/index.ts';
import type { Source, SourceRange } from './source.ts';

/** A value read from a Dockerfile and the place it was written at. */
export interface Word {
  /**
   * For plain words: as written, with continuations joined and quotes and escapes kept, ready for `expandWord`.
   * For members of a JSON array and values of flags: decoded.
   */
  readonly text: string;
  readonly range: SourceRange;
}

interface Segment {
  /** Offset in the mapped text. */
  readonly at: number;
  /** Offset in the source of the same character. */
  readonly source: number;
}

/** Text glued together from stretches of a source, of which every character still knows where it came from. */
export class MappedText {
  readonly text: string;
  readonly #source: Source;
  readonly #segments: readonly Segment[];
  readonly #base: number;

  constructor(text: string, source: Source, segments: readonly Segment[], base = 0) {
    this.text = text;
    this.#source = source;
    this.#segments = segments;
    this.#base = base;
  }

  /** The source offset of the character at `index`; at the text's end, the offset just behind its last character. */
  offsetOf(index: number): number {
    return index > 0 && index >= this.text.length
      ? this.#map(this.#base + this.text.length - 1) + 1
      : this.#map(this.#base + index);
  }

  /** Where the characters from `start` up to `end` stand in the source, continuations between them included. */
  range(start = 0, end = this.text.length): SourceRange {
    const from = this.offsetOf(start);
    return this.#source.range(from, end > start ? this.offsetOf(end - 1) + 1 : from);
  }

  slice(start: number, end = this.text.length): MappedText {
    return new MappedText(this.text.slice(start, end), this.#source, this.#segments, this.#base + start);
  }

  word(start = 0, end = this.text.length): Word {
    return { text: this.text.slice(start, end), range: this.range(start, end) };
  }

  where(index = 0): SourcePlace {
    return this.#source.where(this.offsetOf(index));
  }

  /** The stretches that this text was glued together from, in order. */
  *pieces(): Generator<{ readonly text: string; readonly source: number }> {
    const end = this.#base + this.text.length;
    for (let index = this.#segmentAt(this.#base); index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined || segment.at >= end) return;
      const from = Math.max(segment.at, this.#base);
      const to = Math.min(this.#segments[index + 1]?.at ?? end, end);
      const text = this.text.slice(from - this.#base, to - this.#base);
      yield { text, source: segment.source + (from - segment.at) };
    }
  }

  #map(at: number): number {
    const segment = this.#segments[this.#segmentAt(at)];
    return segment === undefined ? 0 : segment.source + (at - segment.at);
  }

  #segmentAt(at: number): number {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#segments[middle]?.at ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Collects stretches of a source into one MappedText. */
export class TextJoiner {
  readonly #source: Source;
  readonly #segments: Segment[] = [];
  readonly #parts: string[] = [];
  #length = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Appends source[start, end). */
  add(start: number, end: number): void {
    this.#append(this.#source.text.slice(start, end), start);
  }

  /** Appends every character of `text`, keeping its places. */
  addMapped(text: MappedText): void {
    for (const piece of text.pieces()) this.#append(piece.text, piece.source);
  }

  /** Appends text that the source does not hold in this form, pinned to the place it stands for. */
  addSynthetic(text: string, source: number): void {
    this.#append(text, source);
  }

  finish(anchor: number): MappedText {
    const segments = this.#segments.length === 0 ? [{ at: 0, source: anchor }] : this.#segments;
    return new MappedText(this.#parts.join(''), this.#source, segments);
  }

  #append(text: string, source: number): void {
    if (text === '') return;
    this.#segments.push({ at: this.#length, source });
    this.#parts.push(text);
    this.#length += text.length;
  }
}
