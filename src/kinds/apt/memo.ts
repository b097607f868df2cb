/** Answers that are asked for once. The oldest are forgotten past a limit; failures are not kept. */
export class Memo<Value> {
  readonly #limit: number;
  readonly #held = new Map<string, Promise<Value>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws what `make` throws, to all who waited for it */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const made = make();
    this.#held.set(key, made);
    made.catch(() => {
      if (this.#held.get(key) === made) this.#held.delete(key);
    });
    const [oldest] = this.#held.keys();
    if (this.#held.size > this.#limit && oldest !== undefined) this.#held.delete(oldest);
    return made;
  }
}
