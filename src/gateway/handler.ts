import type { IncomingMessage, ServerResponse } from 'node:http';
import { HoldfastError, sha256, type Digest } from '../core/index.ts';
import { keyText, type ExchangeKey, type RecordedResponse } from '../kinds/index.ts';
import { breakOff, isGone, refuse } from './client-response.ts';
import { deliverRecorded } from './delivery.ts';
import { forwardedHeaders } from './headers.ts';
import { healed } from './heal.ts';
import { exchangeKey } from './key.ts';
import type { Use } from './ledger.ts';
import { recordLive, refuseFailed, type GatewayParts, type LiveRequest } from './live.ts';
import { receivedBody, RequestBodyTooLarge, type RequestBody } from './request-body.ts';
import type { GatewaySession } from './session.ts';
import { requestTarget, type Dialled } from './target.ts';

/** Answers one request of a step. */
export async function handleRequest(
  parts: GatewayParts,
  session: GatewaySession,
  dialled: Dialled,
  response: ServerResponse,
): Promise<void> {
  const request = response.req;
  // A write to a client that is gone would throw otherwise; `isGone` tells, where it matters.
  response.on('error', () => undefined);
  const target = requestTarget(request, dialled);
  if (!target.ok) {
    session.notice(`a request to ${dialled.host}:${dialled.port} was refused: ${target.reason}`);
    refuse(response, 400, 'GATEWAY_BAD_TARGET', target.reason);
    return;
  }
  if (isWebSocket(request) || request.method === 'TRACE') {
    const what = request.method === 'TRACE' ? 'TRACE' : 'a WebSocket';
    session.notice(`${what} to ${target.url.host} was refused: it cannot be locked (GATEWAY_UPGRADE)`);
    refuse(response, 501, 'GATEWAY_UPGRADE', `${what} cannot be recorded`);
    return;
  }
  const body = await bodyOrRefusal(parts, session, response, target.url);
  if (body === 'refused') return;
  try {
    await answer(parts, session, target.url, response, body);
  } finally {
    await body?.discard();
  }
}

/** Other upgrades (h2c, TLS) are offers that a server may pass over (RFC 9110 7.8); without this one nothing works. */
function isWebSocket({ headers }: IncomingMessage): boolean {
  return /\bwebsocket\b/i.test(headers.upgrade ?? '');
}

async function bodyOrRefusal(
  parts: GatewayParts,
  session: GatewaySession,
  response: ServerResponse,
  url: URL,
): Promise<RequestBody | undefined | 'refused'> {
  try {
    return await receivedBody(response.req, parts.temporary, parts.limits);
  } catch (error) {
    if (error instanceof RequestBodyTooLarge) {
      session.notice(`a request body to ${url.host} was refused: it is too large to be part of a key`);
      refuse(response, 413, 'GATEWAY_REQUEST_TOO_LARGE', 'the request body is too large');
      return 'refused';
    }
    if (isGone(response) || response.req.destroyed) return 'refused';
    throw error;
  }
}

async function answer(
  parts: GatewayParts,
  session: GatewaySession,
  url: URL,
  response: ServerResponse,
  body: RequestBody | undefined,
): Promise<void> {
  const { method = 'GET', headers, rawHeaders } = response.req;
  const digest = body && (await bodyDigest(session, url, response.req, body));
  const key = exchangeKey({ method, url, headers, body: digest }, session.options.vary, session.options.hide);
  const isPart = method === 'HEAD' || (method === 'GET' && headers.range !== undefined);
  const use: Use = isPart ? 'part' : 'whole';
  for (;;) {
    const known = session.ledger.take(key, use);
    if (known !== undefined) return serve(parts, session, url, key, known, response);
    if (session.options.mode === 'replay') {
      const refused = session.options.refused?.(key);
      if (refused !== undefined)
        return refuse(response, refused, 'GATEWAY_DENIED', 'this was refused when the lock was made');
      const error = session.missing(key);
      return refuse(response, 504, error.code, `${error.message}. ${error.next}`);
    }
    const flight = session.flights.get(keyText(key));
    if (flight === undefined) {
      const request = { method: key.method, url, headers: forwardedHeaders(rawHeaders), body };
      await fly(parts, session, { key, use, request, response });
      return;
    }
    const outcome = await flight;
    switch (outcome.kind) {
      case 'recorded':
        session.ledger.share(key, outcome.response, use);
        return serve(parts, session, url, key, outcome.response, response);
      case 'failed':
        return refuseFailed(response, outcome.error);
      case 'passed-on':
        // It was refused for want of credentials; this request may have them.
        continue;
    }
  }
}

/** Bodies are canonical only where they are small: a list of what is wanted. */
const largestCanonical = 16 * 1024 * 1024;

async function bodyDigest(
  { options }: GatewaySession,
  url: URL,
  { headers }: IncomingMessage,
  body: RequestBody,
): Promise<Digest> {
  const bytes = options.canonicalBody && (await body.bytes(largestCanonical));
  const canonical = bytes && options.canonicalBody?.(url, headers, bytes);
  return canonical === undefined ? body.digest : sha256(canonical);
}

/** Requests for the same thing at the same time share one answer, unless asking may have an effect. */
async function fly(parts: GatewayParts, session: GatewaySession, live: LiveRequest): Promise<void> {
  const text = keyText(live.key);
  const recording = recordLive(parts, session, live);
  const shared = live.key.method === 'GET';
  if (shared)
    session.flights.set(
      text,
      recording.then(({ outcome }) => outcome),
    );
  try {
    const { complete } = await recording.finally(() => shared && session.flights.delete(text));
    await complete();
  } catch (error) {
    breakOff(live.response);
    if (!(error instanceof HoldfastError)) throw error;
    session.unreadable(live.key, error);
  }
}

async function serve(
  parts: GatewayParts,
  session: GatewaySession,
  url: URL,
  key: ExchangeKey,
  recorded: RecordedResponse,
  response: ServerResponse,
): Promise<void> {
  try {
    await healed(parts, session, url, key, recorded, response);
    const bytes = await deliverRecorded(response, recorded, parts.bodies);
    session.exchanged(key, recorded, bytes, 'store');
  } catch (error) {
    session.unreadable(key, error);
  }
}
