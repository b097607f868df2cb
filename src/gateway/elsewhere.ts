import type { ExchangeKey } from '../kinds/index.ts';
import type { GatewayParts } from './live.ts';
import { redactUrl } from './redact.ts';
import type { GatewaySession } from './session.ts';
import type { UpstreamAnswer, UpstreamRequest } from './upstream.ts';

/** How many redirects of another place are followed: what is recorded is what lies at their end. */
const mostRedirects = 5;

const plainHeaders = [['accept-encoding', 'identity'] as const];

/**
 * Asks upstream, and where `isThere` does not hold for its answer, the other places that may have the same bytes, in
 * turn. `use` takes the answer of the first that has them; where it throws, the next is asked. Each that did not
 * serve is told of. Nothing where no place has them: upstream's own answer is then given to `otherwise`.
 * @throws upstream's failure, and what `use` throws of its answer, where no other place serves
 */
export async function fromSomewhere<Result>(
  parts: GatewayParts,
  session: GatewaySession,
  { key, request }: { readonly key: ExchangeKey; readonly request: UpstreamRequest },
  handlers: {
    readonly isThere: (status: number) => boolean;
    readonly use: (answer: UpstreamAnswer) => Promise<Result>;
    readonly otherwise: (answer: UpstreamAnswer) => Promise<Result>;
  },
): Promise<Result> {
  const { isThere, use, otherwise } = handlers;
  // A client that retries what was given up gets its answer at once, and not after another round of pauses.
  const attempts = session.hasFailed(key) ? 1 : parts.limits.attempts;
  const own = async () => parts.upstream.ask(request, session.signal, attempts);
  const others = key.method === 'GET' ? (session.options.sources?.(key.url) ?? []) : [];
  if (others.length === 0) {
    const answer = await own();
    return isThere(answer.status) ? use(answer) : otherwise(answer);
  }
  let first: UpstreamAnswer | undefined;
  let failure: unknown;
  try {
    first = await own();
    if (isThere(first.status)) return await use(first);
    session.notice(`${key.url} answered ${first.status}`);
  } catch (error) {
    failure = error;
    session.notice(`${key.url} does not serve: ${messageOfError(error)}`);
  }
  for (const place of others) {
    if (session.signal.aborted) break;
    try {
      const answer = await fetched(parts, session, new URL(place), attempts);
      if (answer === undefined) continue;
      const result = await use(answer);
      session.notice(`${key.url} was fetched from ${redactUrl(answer.url)}`);
      if (first !== undefined) discard(first);
      return result;
    } catch (error) {
      session.notice(`${place} does not serve: ${messageOfError(error)}`);
    }
  }
  if (failure !== undefined || first === undefined) throw failure;
  return otherwise(first);
}

const messageOfError = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Another place's answer with status 200, redirects followed. It knows nothing of the client's credentials. */
async function fetched(
  parts: GatewayParts,
  session: GatewaySession,
  place: URL,
  attempts: number,
): Promise<UpstreamAnswer | undefined> {
  let url = place;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const answer = await parts.upstream.ask(
      { method: 'GET', url, headers: plainHeaders },
      session.signal,
      attempts,
    );
    if (answer.status === 200) return answer;
    discard(answer);
    const { location } = answer.headers;
    if (
      answer.status < 300 ||
      answer.status >= 400 ||
      location === undefined ||
      !URL.canParse(location, url.href)
    ) {
      session.notice(`${redactUrl(url)} answered ${answer.status}`);
      return undefined;
    }
    url = new URL(location, url);
  }
  session.notice(`${redactUrl(place)} redirects too often`);
  return undefined;
}

export function discard({ body }: UpstreamAnswer): void {
  body.on('error', () => undefined).destroy();
}
