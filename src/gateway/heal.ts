import type { ServerResponse } from 'node:http';
import type { ExchangeKey, RecordedResponse } from '../kinds/index.ts';
import { discard, fromSomewhere } from './elsewhere.ts';
import { forwardedHeaders } from './headers.ts';
import type { GatewayParts } from './live.ts';
import type { GatewaySession } from './session.ts';

/**
 * Fetches a recorded body that the store has lost, by the URL that it came from, or from another place that has it,
 * and the digest that the lock holds.
 * Whatever upstream gives that is not this very body is not stored: the lock is not moved by a loss.
 * @throws what upstream and the store throw, STORE_DIGEST_MISMATCH among it
 */
export async function healed(
  parts: GatewayParts,
  session: GatewaySession,
  url: URL,
  key: ExchangeKey,
  recorded: RecordedResponse,
  response: ServerResponse,
): Promise<void> {
  const { body } = recorded;
  if (session.options.mode !== 'extend' || body === undefined || key.method !== 'GET') return;
  if (await parts.store.has(body.digest)) return;
  const request = { method: 'GET', url, headers: forwardedHeaders(response.req.rawHeaders) };
  await fromSomewhere<unknown>(
    parts,
    session,
    { key, request },
    {
      isThere: status => status === recorded.status,
      use: answer => parts.store.put(answer.body, body),
      otherwise: answer => Promise.resolve(discard(answer)),
    },
  );
  session.exchanged(key, recorded, body.size, 'upstream');
}
