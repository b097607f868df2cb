import { StringDecoder } from 'node:string_decoder';

const stars = '****';

/** The text without the others. @param texts the longest first. */
export function masked(text: string, texts: readonly string[]): string {
  return texts.length === 0 ? text : text.replaceAll(anyOf(texts), stars);
}

/** Replaces texts in a stream of output, also where one comes in pieces. */
export class Mask {
  readonly #texts: readonly string[];
  readonly #any: RegExp;
  readonly #decoder = new StringDecoder('utf8');
  #held = '';

  /** @param texts the longest first. */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#any = anyOf(texts);
  }

  /** What can be shown now: what may be the beginning of one of the texts waits for more. */
  push(chunk: Buffer): string {
    const held = this.#held + this.#decoder.write(chunk);
    let shown = '';
    for (let at = 0; ; ) {
      const waiting = this.#beginning(held, at);
      this.#any.lastIndex = at;
      const found = this.#texts.length === 0 ? undefined : this.#any.exec(held);
      if (!found || found.index >= waiting) {
        this.#held = held.slice(waiting);
        return shown + held.slice(at, waiting);
      }
      shown += held.slice(at, found.index) + stars;
      at = found.index + found[0].length;
    }
  }

  /** The rest. */
  end(): string {
    const rest = masked(this.#held + this.#decoder.end(), this.#texts);
    this.#held = '';
    return rest;
  }

  /** From where on, at `from` or after, `text` ends in the beginning of one of the texts; its end where nowhere. */
  #beginning(text: string, from: number): number {
    const longest = this.#texts[0]?.length ?? 1;
    for (let at = Math.max(from, text.length - longest + 1); at < text.length; at += 1) {
      const end = text.slice(at);
      if (this.#texts.some(one => one.length > end.length && one.startsWith(end))) return at;
    }
    return text.length;
  }
}

function anyOf(texts: readonly string[]): RegExp {
  const plain = texts.map(text => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(plain.join('|'), 'g');
}
