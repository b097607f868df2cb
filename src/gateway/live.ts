import type { ServerResponse } from 'node:http';
import type { HoldfastError } from '../core/index.ts';
import type { ExchangeKey, RecordedResponse } from '../kinds/index.ts';
import type { BlobDescriptor, Store } from '../store/index.ts';
import { isBodiless } from './answer.ts';
import { answeredAsOf } from './as-of.ts';
import type { Bodies } from './bodies.ts';
import { breakOff, isGone, refuse, sendAll, writeHead } from './client-response.ts';
import { LiveDelivery } from './delivery.ts';
import { fromSomewhere } from './elsewhere.ts';
import { endToEndHeaders, keptHeaders, liveHeaders, type HeaderList } from './headers.ts';
import type { Use } from './ledger.ts';
import type { GatewayLimits } from './limits.ts';
import { UpstreamFailure } from './retry.ts';
import type { GatewaySession, Outcome } from './session.ts';
import type { Upstream, UpstreamAnswer, UpstreamRequest } from './upstream.ts';

export interface GatewayParts {
  readonly store: Store;
  readonly bodies: Bodies;
  readonly upstream: Upstream;
  readonly limits: GatewayLimits;
  /** Brings a recorded body into the store, from where its blobs are shared; false where it is not there. */
  readonly bring?: ((body: BlobDescriptor) => Promise<boolean>) | undefined;
  /** Directory for large request bodies. */
  readonly temporary: string;
}

/** One request of a step that goes to upstream, and the client that is the first to wait for it. */
export interface LiveRequest {
  readonly key: ExchangeKey;
  readonly use: Use;
  readonly request: UpstreamRequest;
  readonly response: ServerResponse;
}

export interface Recorded {
  readonly outcome: Outcome;
  /** Gives the first client what it has not got yet, at its own pace; others need not wait for that. */
  readonly complete: () => Promise<void>;
}

/** Asks upstream, records the answer and serves it to the client on the way. Never throws for what upstream does. */
export async function recordLive(
  parts: GatewayParts,
  session: GatewaySession,
  live: LiveRequest,
): Promise<Recorded> {
  const { key, response, use } = live;
  const delivery = new LiveDelivery(response, parts.limits.stall);
  try {
    const past = await answeredAsOf(parts, session, live.request.url, key, response);
    const answer = past ?? (await presentAnswer(parts, session, live));
    if ('url' in answer && [401, 403, 407].includes(answer.status)) {
      session.denied(key, answer.status);
      return { outcome: { kind: 'passed-on' }, complete: () => passOn(response, answer) };
    }
    const recorded = 'url' in answer ? await recordedAnswer(parts, answer, delivery) : answer;
    session.ledger.add(key, recorded, use);
    session.succeeded(key);
    session.exchanged(key, recorded, recorded.body?.size ?? 0, 'upstream');
    const complete = () => delivery.finish(recorded, parts.bodies);
    return { outcome: { kind: 'recorded', response: recorded }, complete };
  } catch (thrown) {
    const error = session.failed(key, thrown);
    const complete = async () => (delivery.hasBegun ? breakOff(response) : refuseFailed(response, error));
    return { outcome: { kind: 'failed', error }, complete };
  }
}

/** Where an artefact is gone from its own place, others may still have it. */
function presentAnswer(
  parts: GatewayParts,
  session: GatewaySession,
  live: LiveRequest,
): Promise<UpstreamAnswer> {
  const itself = (answer: UpstreamAnswer) => Promise.resolve(answer);
  return fromSomewhere(parts, session, live, {
    isThere: status => status !== 404 && status !== 410,
    use: itself,
    otherwise: itself,
  });
}

/** Tells a client that upstream failed: 503 where upstream was too busy, 502 for the rest (RFC 9110 15.6.3, 15.6.4). */
export function refuseFailed(response: ServerResponse, error: HoldfastError): void {
  const cause = error.cause instanceof UpstreamFailure ? error.cause : undefined;
  const busy = cause?.status === 429 || cause?.status === 503;
  refuse(response, busy ? 503 : 502, error.code, error.message);
}

async function recordedAnswer(
  { store, limits }: GatewayParts,
  answer: UpstreamAnswer,
  delivery: LiveDelivery,
): Promise<RecordedResponse> {
  const { status, url } = answer;
  if (status === 206 || status === 304 || status < 200)
    throw new UpstreamFailure(
      'GATEWAY_UPSTREAM_STATUS',
      `answered ${status} to a plain request for the whole`,
    );
  const headers = keptHeaders(answer.headers, url);
  const live = liveHeaders(answer.headers);
  // The page that comes with a redirect shows the target again, signatures included, and no client reads it.
  if (isBodiless(status) || isRedirect(status, live)) {
    answer.body.on('error', () => undefined).destroy();
    delivery.begin({ status, headers: live, size: 0 });
    return { status, headers };
  }
  const size = lengthOf(answer);
  delivery.begin({ status, headers: live, size });
  const body = await store.put(teed(answer, delivery, size, limits.bodyBytes));
  return body.size > 0 || status === 200 ? { status, headers, body } : { status, headers };
}

function isRedirect(status: number, headers: HeaderList): boolean {
  return status >= 300 && status < 400 && headers.some(([name]) => name === 'location');
}

/** Upstream's bytes for the store, given to the client on the way. */
async function* teed(
  answer: UpstreamAnswer,
  delivery: LiveDelivery,
  size: number | undefined,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let seen = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      seen += chunk.byteLength;
      if (seen > limit) throw new UpstreamFailure('GATEWAY_UPSTREAM_LIMIT', `sent more than ${limit} bytes`);
      await delivery.take(chunk);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof UpstreamFailure ? error : broken(seen, size, error);
  }
  if (size !== undefined && seen !== size) throw broken(seen, size);
}

function broken(seen: number, size: number | undefined, cause?: unknown): UpstreamFailure {
  const whole = size === undefined ? '' : ` of ${size}`;
  return new UpstreamFailure('GATEWAY_UPSTREAM_BROKEN', `broke off after ${seen}${whole} bytes`, { cause });
}

function lengthOf({ headers }: UpstreamAnswer): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && headers['transfer-encoding'] === undefined && /^\d+$/.test(text)
    ? Number(text)
    : undefined;
}

async function passOn(response: ServerResponse, answer: UpstreamAnswer): Promise<void> {
  if (isGone(response)) {
    answer.body.on('error', () => undefined).destroy();
    return;
  }
  writeHead(response, answer.status, endToEndHeaders(answer.headers));
  try {
    if (response.req.method === 'HEAD') answer.body.on('error', () => undefined).destroy();
    else await sendAll(response, answer.body as AsyncIterable<Buffer>);
    response.end();
  } catch {
    // The client sees that it did not get all; nothing of it was to be recorded.
    breakOff(response);
  }
}
