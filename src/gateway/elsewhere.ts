import type { ExchangeKey } from '../kinds/index.ts';
import type { GatewayParts } from './live.ts';
import { redactUrl } from './redact.ts';
import { UpstreamFailure } from './retry.ts';
import type { GatewaySession } from './session.ts';
import type { UpstreamAnswer, UpstreamRequest } from './upstream.ts';

/**
 * Upstream's answer, or that of another place where the same bytes are said to lie: the places are tried in turn, and
 * `accept` takes the answer or says why not. Each place that did not serve is told of.
 * @throws the first place's UpstreamFailure where no place serves, and what `accept` throws of the last
 */
export async function fromSomewhere<Result>(
  parts: GatewayParts,
  session: GatewaySession,
  key: ExchangeKey,
  request: UpstreamRequest,
  accept: (answer: UpstreamAnswer, isLast: boolean) => Promise<Result | undefined>,
): Promise<Result> {
  const others = key.method === 'GET' ? (session.options.sources?.(key.url) ?? []) : [];
  const places = [request.url, ...others.map(url => new URL(url))];
  // A client that retries what was given up gets its answer at once, and not after another round of pauses.
  const attempts = session.hasFailed(key) ? 1 : parts.limits.attempts;
  let first: unknown;
  for (const [n, url] of places.entries()) {
    const isLast = n === places.length - 1;
    try {
      // Whoever keeps copies knows nothing of the client's credentials.
      const asked = n === 0 ? request : { method: 'GET', url, headers: plainHeaders };
      const answer = await parts.upstream.ask(asked, session.signal, attempts);
      const result = await accept(answer, isLast);
      if (result !== undefined) {
        if (n > 0) session.notice(`${key.url} was fetched from ${redactUrl(url)}`);
        return result;
      }
      session.notice(`${redactUrl(url)} answered ${answer.status}`);
    } catch (error) {
      if (isLast) throw first ?? error;
      if (!(error instanceof Error) || session.signal.aborted) throw error;
      first ??= error;
      session.notice(`${redactUrl(url)} does not serve: ${error.message}`);
    }
  }
  throw new UpstreamFailure('GATEWAY_UPSTREAM_STATUS', `no place has ${key.url}`);
}

const plainHeaders = [['accept-encoding', 'identity'] as const];
