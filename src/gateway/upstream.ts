import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type * as undici from 'undici';
import { errnoOf, messageOf } from '../core/index.ts';
import type { HeaderList } from './headers.ts';
import {
  LocalAddressRefused,
  proxyFor,
  upstreamLookup,
  upstreamTrust,
  type Environment,
} from './host-network.ts';
import type { GatewayLimits } from './limits.ts';
import { isLocalAddress, isLocalName } from './local-address.ts';
import { isCredentialHeader, isSigned, redactUrl } from './redact.ts';
import type { RequestBody } from './request-body.ts';
import { isTransient, isWorthRetrying, retried, retryAfterOf, UpstreamFailure, type Sleep } from './retry.ts';

export interface UpstreamOptions {
  readonly environment: Environment;
  /** Name to address, as Docker's --add-host: these are asked directly, and may be local. */
  readonly addHosts: ReadonlyMap<string, string>;
  readonly limits: GatewayLimits;
  readonly sleep: Sleep;
  readonly now: () => Date;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly url: URL;
  /** Without Host and Content-Length. */
  readonly headers: HeaderList;
  readonly body?: RequestBody | undefined;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Where it came from, signed redirects followed. */
  readonly url: URL;
}

const connecting =
  /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX_CONN)$/;

/** Live requests, for what the recording does not hold. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #trust;
  readonly #agents = new Map<string, undici.Dispatcher>();

  /** @throws HoldfastError GATEWAY_ROOTS_UNREADABLE (exit 2) */
  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#trust = upstreamTrust(options.environment);
  }

  /**
   * Upstream's final answer: below 500, and none that only asks to come back. Signed redirects are followed, others
   * are answers. The caller reads the body or destroys it.
   * @throws UpstreamFailure
   */
  ask(
    request: UpstreamRequest,
    signal: AbortSignal,
    attempts = this.#options.limits.attempts,
  ): Promise<UpstreamAnswer> {
    const policy = { ...this.#options.limits, attempts };
    // Each attempt starts from the first URL, so that a signature which expired is made anew.
    return retried(policy, this.#options.sleep, signal, () => this.#followed(request, signal));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(agent => agent.destroy()));
  }

  async #followed(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
    const seen = new Set<string>();
    let hop = request;
    for (let collapsing = false; ; collapsing = true) {
      const answer = await this.#once(hop, request.url, signal);
      const location = redirectOf(answer, collapsing);
      if (location === undefined) return answer;
      answer.body.on('error', () => undefined).destroy();
      seen.add(hop.url.href);
      if (seen.has(location.href) || seen.size > this.#options.limits.redirects) {
        const message = `${redactUrl(request.url)} redirects in a loop`;
        throw new UpstreamFailure('GATEWAY_REDIRECT_LOOP', message);
      }
      hop = redirectedRequest(hop, answer.status, location);
    }
  }

  async #once(request: UpstreamRequest, original: URL, signal: AbortSignal): Promise<UpstreamAnswer> {
    const { url, method } = request;
    const { limits, now } = this.#options;
    const trusting = this.#mayBeLocal(url) || this.#mayBeLocal(original);
    const local = isLocalName(url.hostname) || isLocalAddress(bareHost(url));
    if (local && !trusting) throw refusedAddress(url);
    try {
      // Loaded at first use: a build that replays asks nobody, and should not wait for this.
      const agent = this.#agentFor(url, trusting, await import('undici'));
      const { statusCode, headers, body } = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: headersOf(request),
        body: request.body?.open() ?? null,
        signal,
        headersTimeout: limits.headers,
        bodyTimeout: limits.idle,
        // Hundreds of downloads may wait at once, each with so much in memory.
        highWaterMark: 64 * 1024,
      });
      if (!isTransient(statusCode)) return { status: statusCode, headers, body, url };
      body.on('error', () => undefined).destroy();
      const retryAfter = retryAfterOf(headers['retry-after'], now());
      const details = { status: statusCode, retryable: isWorthRetrying(statusCode), retryAfter };
      throw new UpstreamFailure(
        'GATEWAY_UPSTREAM_STATUS',
        `${redactUrl(url)} answered ${statusCode}`,
        details,
      );
    } catch (error) {
      throw error instanceof UpstreamFailure ? error : unreachable(error, request);
    }
  }

  /** Only what the user named may be at a local address. */
  #mayBeLocal(url: URL): boolean {
    const address = this.#options.addHosts.get(bareHost(url));
    return address !== undefined && isLocalAddress(address);
  }

  #agentFor(url: URL, trusting: boolean, { Agent, ProxyAgent }: typeof undici): undici.Dispatcher {
    const { environment, addHosts, limits } = this.#options;
    // A host that only the user's map knows cannot be known to a proxy.
    const proxy = addHosts.has(bareHost(url)) ? undefined : proxyFor(url, environment);
    const name = proxy ?? String(trusting);
    const known = this.#agents.get(name);
    if (known !== undefined) return known;
    const tls = { secureContext: this.#trust, timeout: limits.connect };
    const common = { maxHeaderSize: limits.headerBytes, allowH2: false, pipelining: 1 };
    const agent =
      proxy === undefined
        ? new Agent({ ...common, connect: { ...tls, lookup: upstreamLookup(addHosts, trusting) } })
        : new ProxyAgent({ ...common, uri: proxy, requestTls: tls, proxyTls: tls });
    this.#agents.set(name, agent);
    return agent;
  }
}

function headersOf({ url, headers, body }: UpstreamRequest): string[] {
  const list = headers.flatMap(([name, value]) => [name, value]);
  const length = body === undefined ? [] : ['content-length', String(body.size)];
  return ['host', url.host, ...list, ...length];
}

/** Where the gateway itself goes on to: from a redirect to a signed URL on, every redirect is part of that one. */
function redirectOf({ status, headers, url }: UpstreamAnswer, collapsing: boolean): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (!URL.canParse(location, url.href)) return undefined;
  const target = new URL(location, url);
  target.hash = '';
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return undefined;
  return collapsing || (status !== 301 && isSigned(target)) ? target : undefined;
}

/** RFC 9110 15.4: 303 always, 301 and 302 for POST by custom, turn into GET. Credentials stay with their origin. */
function redirectedRequest(request: UpstreamRequest, status: number, url: URL): UpstreamRequest {
  const toGet = status === 303 || (status <= 302 && request.method === 'POST');
  const sameOrigin = url.origin === request.url.origin;
  const headers = request.headers.filter(
    ([name]) => (sameOrigin || !isCredentialHeader(name)) && !(toGet && name.startsWith('content-')),
  );
  return toGet ? { method: 'GET', url, headers } : { ...request, url, headers };
}

const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const refusedAddress = (url: URL, cause?: unknown) =>
  new UpstreamFailure('GATEWAY_ADDRESS_REFUSED', `${redactUrl(url)} is at an address of this machine`, {
    cause,
  });

function unreachable(error: unknown, { url, method }: UpstreamRequest): UpstreamFailure {
  if (error instanceof LocalAddressRefused) return refusedAddress(url, error);
  const errno = errnoOf(error) ?? '';
  const where = redactUrl(url);
  if (errno === 'UND_ERR_HEADERS_OVERFLOW' || errno === 'HPE_HEADER_OVERFLOW')
    return new UpstreamFailure('GATEWAY_UPSTREAM_LIMIT', `${where} sent more headers than is sane`, {
      cause: error,
    });
  // A request that may have had an effect is not sent twice (RFC 9110 9.2.2).
  const idempotent = !['POST', 'PATCH'].includes(method);
  const isCertificate = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(errno);
  // EAI_AGAIN is the passing failure of a name server; ENOTFOUND is its answer.
  const retryable =
    !isCertificate &&
    errno !== 'ENOTFOUND' &&
    !errno.startsWith('HPE_') &&
    (idempotent || connecting.test(errno));
  const reason = messageOf(error) || errno;
  return new UpstreamFailure('GATEWAY_UPSTREAM_UNREACHABLE', `${where} gave no answer: ${reason}`, {
    retryable,
    cause: error,
  });
}
