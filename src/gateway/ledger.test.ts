import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ExchangeKey, RecordedResponse } from '../kinds/index.ts';
import { Ledger, type Use } from './ledger.ts';

const key: ExchangeKey = { method: 'GET', url: 'http://a.test/', vary: {} };
const answer = (status: number): RecordedResponse => ({ status, headers: [] });

/** What a step sees when upstream gives `statuses` one after the other, and the exchanges that it leaves. */
function recorded(uses: readonly Use[], statuses: readonly number[]) {
  const ledger = new Ledger(() => undefined);
  const upstream = [...statuses];
  const seen = uses.map(use => {
    const known = ledger.take(key, use);
    if (known !== undefined) return known.status;
    const status = upstream.shift() ?? 200;
    ledger.add(key, answer(status), use);
    return status;
  });
  return { seen, exchanges: ledger.exchanges() };
}

it('a replay sees what the recording saw, whatever the order of whole and partial requests', () => {
  const uses = fc.array(fc.constantFrom<Use>('whole', 'part'), { minLength: 1, maxLength: 12 });
  const statuses = fc.array(fc.constantFrom(200, 404, 410), { maxLength: 12 });
  fc.assert(
    fc.property(uses, statuses, (order, given) => {
      const { seen, exchanges } = recorded(order, given);
      const replay = new Ledger(() => exchanges[0]);
      expect(order.map(use => replay.take(key, use)?.status)).toEqual(seen);
      expect(replay.exchanges()).toEqual(exchanges);
    }),
  );
});

it('stores what only repeats at the end once', () => {
  const statusesOf = (...given: number[]) =>
    recorded(
      given.map(() => 'whole'),
      given,
    ).exchanges[0]?.responses.map(({ status }) => status);
  expect(statusesOf(200, 200, 200)).toEqual([200]);
  expect(statusesOf(404, 404, 200, 200)).toEqual([404, 404, 200]);
});

it('requests that waited for the same answer have each had it', () => {
  const ledger = new Ledger(() => undefined);
  ledger.add(key, answer(404), 'whole');
  ledger.share(key, answer(404), 'whole');
  ledger.share(key, answer(404), 'part');
  ledger.add(key, answer(200), 'whole');
  expect(ledger.exchanges()[0]?.responses.map(({ status }) => status)).toEqual([404, 404, 200]);
});
