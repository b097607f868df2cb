import type { ServerResponse } from 'node:http';
import type { ExchangeKey, RecordedResponse } from '../kinds/index.ts';
import { discard, fromSomewhere } from './elsewhere.ts';
import { forwardedHeaders } from './headers.ts';
import type { GatewayParts } from './live.ts';
import type { GatewaySession } from './session.ts';
import type { UpstreamRequest } from './upstream.ts';

/**
 * Fetches a recorded body that the store has lost: from the places that share its blobs, and where the lock may be
 * extended by the URL that it came from, or from another place that has it, by the digest that the lock holds.
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
  if (body === undefined || (await parts.store.has(body.digest))) return;
  if (await parts.bring?.(body)) return;
  if (session.options.mode !== 'extend' || key.method !== 'GET') return;
  const request = { method: 'GET', url, headers: forwardedHeaders(response.req.rawHeaders) };
  await refetched(parts, session, key, recorded, request);
  session.exchanged(key, recorded, body.size, 'upstream');
}

/** Asks upstream for a recorded body. @returns whether the store has it now. @throws as {@link healed} */
export async function refetched(
  parts: GatewayParts,
  session: GatewaySession,
  key: ExchangeKey,
  { status, body }: RecordedResponse,
  request: UpstreamRequest,
): Promise<boolean> {
  return fromSomewhere(
    parts,
    session,
    { key, request },
    {
      isThere: answered => answered === status,
      use: async answer => {
        await parts.store.put(answer.body, body);
        return true;
      },
      otherwise: answer => {
        discard(answer);
        return Promise.resolve(false);
      },
    },
  );
}
