import type { Readable } from 'node:stream';
import { HoldfastError, upstreamError, usageError } from '../core/index.ts';
import type { Clock } from './clock.ts';
import { ConnectionLost, drain } from './direct.ts';
import { isInternal, isLoopback, type Dispatchers } from './dispatchers.ts';
import { networkFailure } from './network-failure.ts';
import { parseRetryAfter, retrying, TransientFailure, usualAttempts } from './retry.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Kept from every host but the first. */
  readonly authorization?: string | undefined;
  /** Made anew for each attempt and each redirect. */
  readonly body?: (() => Uint8Array | string | AsyncIterable<Uint8Array>) | undefined;
  /** `false` hands redirects back; for requests whose body is itself a credential. */
  readonly redirects?: boolean | undefined;
}

export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** Must be read, or dumped with {@link discard}. */
  readonly body: Readable;
  /** In place of `body`: its bytes in pieces that are good only until the next is asked for, which is faster. */
  lent(): AsyncIterable<Uint8Array>;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** What an error thrown by reading `body` means: see `networkFailure`. */
  failure(error: unknown): Error;
}

export interface HttpOptions {
  readonly dispatchers: Dispatchers;
  readonly clock: Clock;
  /** Hosts (`name` or `name:port`) besides the loopback that may be spoken to without TLS. */
  readonly plainHttp: readonly string[];
  /** Every host may be spoken to without TLS, as where its certificate is not asked for. */
  readonly insecure?: boolean | undefined;
  /** How often a request is made at most; five times where nothing is said. */
  readonly attempts?: number | undefined;
  /** Told each text of a `Warning` once: distribution-spec, "Warnings". */
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const redirectStatuses = [301, 302, 303, 307, 308];
const transientStatuses = [408, 429, 500, 502, 503, 504];
const mostHops = 10;
const mostWarnings = 20;

/** HTTP as a registry client needs it: redirects by hand, credentials for one host, waiting where told to. */
export class HttpClient {
  readonly clock: Clock;
  readonly attempts: number;
  readonly #options: HttpOptions;
  readonly #warnings = new Set<string>();

  constructor(options: HttpOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.attempts = options.attempts ?? usualAttempts;
  }

  /**
   * One attempt. Redirects are followed; every other status is an answer, except those that may pass.
   * @throws TransientFailure for 408, 429, 5xx and broken connections
   * @throws HoldfastError REGISTRY_UNREACHABLE, REGISTRY_TLS, REGISTRY_PLAIN_HTTP, REGISTRY_REDIRECT
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    let { url, authorization } = request;
    this.#requireAllowed(url);
    for (let hop = 0; hop <= mostHops; hop++) {
      const response = await this.#exchange(request, url, authorization);
      const next = redirectTarget(request, response);
      if (next === undefined) return this.#settled(request, response);
      await discard(response);
      this.#requireAllowed(next);
      requireOutside(url, next);
      // Once dropped, credentials stay dropped: a chain that comes back does not get them again.
      if (next.origin !== url.origin) authorization = undefined;
      url = next;
    }
    throw upstreamError(
      'REGISTRY_REDIRECT',
      `${showUrl(request.url)} redirects more than ${mostHops} times`,
      { next: 'The registry is misconfigured; tell those who run it, or use a mirror.' },
    );
  }

  /** As `send`, again and again while the failure may pass. */
  request(request: HttpRequest): Promise<HttpResponse> {
    return this.retrying(() => this.send(request));
  }

  retrying<T>(work: () => Promise<T>): Promise<T> {
    return retrying(this.#options.clock, work, this.#options.signal, this.attempts);
  }

  /** Waits, unless the user gives up meanwhile. */
  sleep(milliseconds: number): Promise<void> {
    return this.clock.sleep(milliseconds, this.#options.signal);
  }

  /** So many requests to this origin will come soon, and at once. */
  expect(origin: string, requests: number): void {
    const url = new URL(origin);
    this.#requireAllowed(url);
    this.#options.dispatchers.dispatcherFor(url).expect?.(url.origin, requests);
  }

  #failure(error: unknown, url: URL): Error {
    return error instanceof HoldfastError ? error : networkFailure(error, url, this.#options.signal);
  }

  mayUsePlainHttp(url: URL): boolean {
    const { plainHttp, insecure } = this.#options;
    if (insecure === true || isLoopback(url.hostname)) return true;
    return plainHttp.includes(url.host) || plainHttp.includes(url.hostname);
  }

  #requireAllowed(url: URL): void {
    if (url.protocol === 'https:' || (url.protocol === 'http:' && this.mayUsePlainHttp(url))) return;
    throw usageError('REGISTRY_PLAIN_HTTP', `${showUrl(url)} is not encrypted`, {
      next: `Serve it over https, or name ${url.host || 'the host'} among the hosts that may use plain HTTP.`,
    });
  }

  async #exchange(request: HttpRequest, url: URL, authorization: string | undefined): Promise<HttpResponse> {
    const { dispatchers, signal } = this.#options;
    try {
      const { statusCode, headers, body, lent } = await dispatchers.dispatcherFor(url).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: {
          'user-agent': 'holdfast',
          'accept-encoding': 'identity',
          ...request.headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(request.body === undefined ? {} : { body: request.body() }),
        ...(signal === undefined ? {} : { signal }),
      });
      const header = (name: string) => {
        const value = headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      };
      this.#warn(url, header('warning'));
      return {
        status: statusCode,
        header,
        body,
        lent: lent ?? (() => body),
        url,
        failure: error => this.#failure(error, url),
      };
    } catch (error) {
      const reading = request.method === 'GET' || request.method === 'HEAD';
      // There are only so many that are kept: sooner or later a new one answers, or fails.
      const again = reading && error instanceof ConnectionLost && signal?.aborted !== true;
      if (again) return this.#exchange(request, url, authorization);
      throw this.#failure(error, url);
    }
  }

  /** distribution-spec, "Warnings": `299 - "text"` and nothing else. */
  #warn({ host }: URL, field: string | undefined): void {
    for (const [, quoted = ''] of (field ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)) {
      const text = `${host}: ${quoted.replace(/\\(.)/g, '$1').slice(0, 500)}`;
      if (this.#warnings.has(text) || this.#warnings.size === mostWarnings) continue;
      this.#warnings.add(text);
      this.#options.onWarning?.(text);
    }
  }

  async #settled(request: HttpRequest, response: HttpResponse): Promise<HttpResponse> {
    if (!transientStatuses.includes(response.status)) return response;
    const retryAfter = parseRetryAfter(response.header('retry-after'), this.#options.clock.now());
    await discard(response);
    const what = `${request.url.host} answered ${response.status} to ${request.method} ${showUrl(request.url)}`;
    const failure =
      response.status === 429
        ? upstreamError('REGISTRY_RATE_LIMITED', what, {
            next: 'Wait, log in for a higher limit (`docker login`), or use a mirror.',
          })
        : upstreamError('REGISTRY_UNAVAILABLE', what, {
            next: 'Try again later; nothing that was stored is lost.',
          });
    throw new TransientFailure(failure, retryAfter);
  }
}

/** Reads what is left of a body and forgets it, so that its connection can serve again. */
export async function discard({ body }: HttpResponse): Promise<void> {
  await drain(body, 64 * 1024);
}

/** Closes the connection rather than read on: what comes is not what was asked for. */
export function abandon({ body }: HttpResponse): void {
  // Destroying an unread body emits an error about just that.
  body.on('error', () => {}).destroy();
}

/** A URL for messages: its query may hold a signature and its user part a password. */
export function showUrl(url: URL): string {
  return url.origin === 'null' ? `${url.protocol}…` : url.origin + url.pathname;
}

function redirectTarget(request: HttpRequest, response: HttpResponse): URL | undefined {
  if (!redirectStatuses.includes(response.status) || request.redirects === false) return undefined;
  // Only 307 and 308 ask for the same method and body again (RFC 9110, 15.4).
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (!reading && response.status < 307) return undefined;
  const location = response.header('location') ?? '';
  if (location !== '' && URL.canParse(location, response.url.href)) {
    const target = new URL(location, response.url);
    target.username = '';
    target.password = '';
    return target;
  }
  throw upstreamError('REGISTRY_REDIRECT', `${showUrl(request.url)} redirects to nowhere`, {
    next: 'The registry is misconfigured; tell those who run it, or use a mirror.',
  });
}

/** A registry out there has no business at this machine's own services or at a cloud's metadata address. */
function requireOutside(from: URL, to: URL): void {
  const inside = isInternal(to.hostname) && !isLoopback(from.hostname);
  if (!inside || from.hostname === to.hostname) return;
  throw upstreamError('REGISTRY_REDIRECT', `${from.host} redirects to the internal host ${to.hostname}`, {
    next: 'Do not trust this registry; use another source for the image.',
  });
}
