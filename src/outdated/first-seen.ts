import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject, jsonObject } from '../core/index.ts';
import type { KindName } from '../kinds/index.ts';

/** More is not kept: what was seen longest ago goes first. */
const mostKept = 200_000;

/**
 * When Holdfast saw a version for the first time, for what nobody else has a clock for: the publisher of a tag, a file
 * or a commit may write any date into it. A JSON file: `{"seen": {"kind name version": "RFC 3339"}}`.
 */
export class FirstSeenLedger {
  readonly #path: string;
  readonly #seen: Map<string, string>;
  readonly #now: string;
  #isChanged = false;

  private constructor(path: string, seen: Map<string, string>, now: Date) {
    this.#path = path;
    this.#seen = seen;
    this.#now = now.toISOString().replace(/\.\d+Z$/, 'Z');
  }

  /** A file that is not there, or no ledger, is an empty one: ages then count from now, and nothing waits for ever. */
  static async open(path: string, now: Date): Promise<FirstSeenLedger> {
    const document = jsonObject(await readFile(path).catch(() => Buffer.alloc(0)));
    const entries = isObject(document?.['seen']) ? Object.entries(document['seen']) : [];
    const valid = entries.flatMap(([key, at]) =>
      typeof at === 'string' && !Number.isNaN(Date.parse(at)) ? [[key, at] as const] : [],
    );
    return new FirstSeenLedger(path, new Map(valid), now);
  }

  /** RFC 3339; now, for what was not seen before. */
  seen(kind: KindName, name: string, version: string): string {
    const key = `${kind} ${name} ${version}`;
    const known = this.#seen.get(key);
    // A clock that was put back must not make anything younger than it is.
    if (known !== undefined && known <= this.#now) return known;
    this.#seen.set(key, this.#now);
    this.#isChanged = true;
    return this.#now;
  }

  /** Written beside its place and renamed, sorted, so that it can be committed. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    const newest = [...this.#seen].toSorted(([, a], [, b]) => (a < b ? 1 : -1)).slice(0, mostKept);
    const seen = Object.fromEntries(newest.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    await mkdir(dirname(this.#path), { recursive: true });
    const temporary = `${this.#path}.${process.pid}`;
    await writeFile(temporary, `${JSON.stringify({ seen }, undefined, 1)}\n`);
    await rename(temporary, this.#path);
  }
}
