import { canonicalJson, type Json } from '../core/index.ts';
import { keyText, type Exchange, type ExchangeKey, type RecordedResponse } from '../kinds/index.ts';

/**
 * How much of an answer a request takes. A `whole` one asks what there is now; a `part` (HEAD, Range) speaks of the
 * body that the last whole one got or the next one will get, and never moves on.
 */
export type Use = 'whole' | 'part';

interface Entry {
  readonly key: ExchangeKey;
  readonly responses: RecordedResponse[];
  readonly from: 'lock' | 'upstream';
  /** The answer that is current. */
  at: number;
  /** Whether a whole request has had the current answer. */
  delivered: boolean;
}

/** The exchanges of one session: those that the lock holds and that were asked for, and those that are new. */
export class Ledger {
  readonly #recorded: (key: ExchangeKey) => Exchange | undefined;
  readonly #entries = new Map<string, Entry>();

  constructor(recorded: (key: ExchangeKey) => Exchange | undefined) {
    this.#recorded = recorded;
  }

  /** The answer to give, or nothing where upstream must be asked. Past the last answer of the lock, that one repeats. */
  take(key: ExchangeKey, use: Use): RecordedResponse | undefined {
    const entry = this.#entry(key);
    if (entry === undefined) return undefined;
    if (use === 'whole' && entry.delivered) {
      if (entry.from === 'upstream') return undefined;
      entry.at = Math.min(entry.at + 1, entry.responses.length - 1);
    }
    entry.delivered ||= use === 'whole';
    return entry.responses[entry.at];
  }

  /** A new answer of upstream's. */
  add(key: ExchangeKey, response: RecordedResponse, use: Use): void {
    const text = keyText(key);
    const entry: Entry = this.#entries.get(text) ?? {
      key,
      responses: [],
      from: 'upstream',
      at: -1,
      delivered: false,
    };
    this.#entries.set(text, entry);
    entry.responses.push(response);
    entry.at = entry.responses.length - 1;
    entry.delivered = use === 'whole';
  }

  /** The answer that another request, made at the same time, has just got. */
  share(key: ExchangeKey, response: RecordedResponse, use: Use): void {
    const taken = use === 'part' || this.take(key, use) !== undefined;
    if (!taken) this.add(key, response, use);
  }

  /** All that was asked for, in no particular order. An answer that only repeats at the end is stored once. */
  exchanges(): Exchange[] {
    return [...this.#entries.values()].map(({ key, responses }) => ({
      key,
      responses: withoutRepeats(responses),
    }));
  }

  #entry(key: ExchangeKey): Entry | undefined {
    const text = keyText(key);
    const known = this.#entries.get(text);
    if (known !== undefined) return known;
    const exchange = this.#recorded(key);
    if (exchange === undefined || exchange.responses.length === 0) return undefined;
    const responses = [...exchange.responses];
    const entry: Entry = { key: exchange.key, responses, from: 'lock', at: 0, delivered: false };
    this.#entries.set(text, entry);
    return entry;
  }
}

/** Only at the end: three polls that said "wait" and a fourth that said "done" are replayed as three and one. */
function withoutRepeats(responses: readonly RecordedResponse[]): readonly RecordedResponse[] {
  const texts = responses.map(response => canonicalJson(response as unknown as Json));
  const last = texts.at(-1);
  const distinct = texts.findLastIndex(text => text !== last);
  return responses.slice(0, distinct + 2);
}
