import { isSpace } from './characters.ts';

/** The words of a text, split at spaces while it is put together; quoted spaces do not split. */
export class WordList {
  readonly #words: string[] = [];
  #word = '';

  /** Text in which spaces part words: plain characters, and the values of variables outside quotes. */
  addSplit(text: string): void {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      if (!isSpace(text.charCodeAt(at))) continue;
      this.#word += text.slice(start, at);
      this.#close();
      start = at + 1;
    }
    this.#word += text.slice(start);
  }

  /** Text that belongs to the current word whatever it holds: what was quoted or escaped. */
  addWhole(text: string): void {
    this.#word += text;
  }

  /** Call once. A word that is empty is dropped, even a quoted one, as BuildKit does. */
  finish(): string[] {
    this.#close();
    return this.#words;
  }

  #close(): void {
    if (this.#word === '') return;
    this.#words.push(this.#word);
    this.#word = '';
  }
}
