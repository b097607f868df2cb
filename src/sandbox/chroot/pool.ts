import { rmSync } from 'node:fs';

interface Pooled<Item> {
  readonly lowers: readonly string[];
  readonly item: Item;
}

/** Trees that are not in use, to be taken again for the same layers or for more on top of them. */
export class Pool<Item> {
  readonly #size: number;
  readonly #directoryOf: (item: Item) => string;
  #idle: Pooled<Item>[] = [];

  /** @param size how many are kept; those that were used longest ago are removed. */
  constructor(size: number, directoryOf: (item: Item) => string) {
    this.#size = size;
    this.#directoryOf = directoryOf;
  }

  /** Takes out the tree that has the most of the layers and nothing else. */
  take(lowers: readonly string[]): Pooled<Item> | undefined {
    const found = this.#idle
      .filter(one => isBottomOf(one.lowers, lowers))
      .toSorted((a, b) => b.lowers.length - a.lowers.length)[0];
    this.#idle = this.#idle.filter(one => one !== found);
    return found;
  }

  put(lowers: readonly string[], item: Item): void {
    this.#idle.push({ lowers, item });
    for (const { item: old } of this.#idle.splice(0, this.#idle.length - this.#size)) this.drop(old);
  }

  drop(item: Item): void {
    rmSync(this.#directoryOf(item), { recursive: true, force: true });
  }
}

/** Lists of layers have the top one first. */
function isBottomOf(part: readonly string[], whole: readonly string[]): boolean {
  const above = whole.length - part.length;
  return part.length > 0 && above >= 0 && part.every((layer, index) => layer === whole[above + index]);
}
