import { StringDecoder } from 'node:string_decoder';

const stars = '****';

/** Replaces texts in a stream of output, also where a text comes in pieces. */
export class Mask {
  readonly #texts: readonly string[];
  readonly #decoder = new StringDecoder('utf8');
  #held = '';

  /** @param texts the longest first. */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  /** What can be shown now: what may be the beginning of one of the texts waits for more. */
  push(chunk: Buffer): string {
    this.#held = masked(this.#held + this.#decoder.write(chunk), this.#texts);
    const shown = this.#held.length - this.#waiting();
    const text = this.#held.slice(0, shown);
    this.#held = this.#held.slice(shown);
    return text;
  }

  /** The rest. */
  end(): string {
    const rest = this.#held + this.#decoder.end();
    this.#held = '';
    return rest;
  }

  #waiting(): number {
    for (
      let length = Math.min((this.#texts[0]?.length ?? 1) - 1, this.#held.length);
      length > 0;
      length -= 1
    ) {
      const end = this.#held.slice(-length);
      if (this.#texts.some(text => text.length > length && text.startsWith(end))) return length;
    }
    return 0;
  }
}

export function masked(text: string, texts: readonly string[]): string {
  return texts.reduce((rest, one) => rest.replaceAll(one, stars), text);
}
