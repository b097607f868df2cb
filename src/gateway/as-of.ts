import type { ServerResponse } from 'node:http';
import type {
  AsOfAnswer,
  AsOfContext,
  ExchangeKey,
  NewRequest,
  RecordedResponse,
  UpstreamDocument,
} from '../kinds/index.ts';
import { forwardedHeaders, keptHeaders, type HeaderList } from './headers.ts';
import type { GatewayParts } from './live.ts';
import { isCredentialHeader, redactUrl } from './redact.ts';
import type { GatewaySession } from './session.ts';
import { wholeBody } from './whole-body.ts';

/** How an ecosystem's upstream answered on the lock's date; nothing where that is the same as asking it now. */
export type AnswerAsOf = (
  request: NewRequest,
  fetch: AsOfContext['fetch'],
) => Promise<AsOfAnswer | undefined>;

/** Indexes are held in memory while what is too new is taken out of them. */
const largestDocument = 256 * 1024 * 1024;

/**
 * The answer to a request that the lock does not hold, as of the lock's date, stored like any other.
 * @throws UpstreamFailure, what the kind and the store throw
 */
export async function answeredAsOf(
  parts: GatewayParts,
  session: GatewaySession,
  url: URL,
  key: ExchangeKey,
  response: ServerResponse,
): Promise<RecordedResponse | undefined> {
  const { asOf } = session.options;
  if (asOf === undefined || session.options.mode !== 'extend') return undefined;
  const { headers, rawHeaders } = response.req;
  let isThereNow = false;
  const answer = await asOf({ key, headers }, async (wanted, own = {}) => {
    const request = requestFor(url, new URL(wanted), forwardedHeaders(rawHeaders), own);
    const document = await whole(parts, session, request);
    // Whatever else a kind looks at says nothing of this name.
    isThereNow ||= document.status === 200 && redactUrl(request.url) === key.url;
    return document;
  });
  if (answer === undefined) return undefined;
  if (answer.status === 404 && isThereNow) session.absent(key.url);
  const kept = keptHeaders(
    Object.fromEntries(answer.headers.map(([name, value]) => [name.toLowerCase(), value])),
    url,
  );
  return { status: answer.status, headers: kept, body: await parts.store.put(answer.body) };
}

/** Credentials that the client sent go to their own origin only. */
function requestFor(client: URL, url: URL, headers: HeaderList, own: Readonly<Record<string, string>>) {
  const passed = headers.filter(
    ([name]) => own[name] === undefined && (url.origin === client.origin || !isCredentialHeader(name)),
  );
  return { method: 'GET', url, headers: [...passed, ...Object.entries(own)] };
}

async function whole(
  parts: GatewayParts,
  session: GatewaySession,
  request: ReturnType<typeof requestFor>,
): Promise<UpstreamDocument> {
  const answer = await parts.upstream.ask(request, session.signal, parts.limits.attempts);
  const body = await wholeBody(answer, request.url, largestDocument);
  return { status: answer.status, headers: answer.headers, body };
}
