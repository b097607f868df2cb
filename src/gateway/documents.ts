import { setTimeout as delay } from 'node:timers/promises';
import { hexOf, sha256, upstreamError } from '../core/index.ts';
import type { UpstreamDocument } from '../kinds/index.ts';
import type { Environment } from './host-network.ts';
import { defaultLimits } from './limits.ts';
import { UpstreamFailure, type Sleep } from './retry.ts';
import { Upstream, type UpstreamRequest } from './upstream.ts';
import { wholeBody } from './whole-body.ts';

/** The largest feeds and indexes have some 200 MB. */
const largestDocument = 1024 * 1024 * 1024;

/** So many requests are under way at once; servers slow down those who ask for more. */
const mostAtOnce = 16;

export interface DocumentsOptions {
  readonly environment: Environment;
  /** Name to address, as Docker's --add-host. */
  readonly addHosts: ReadonlyMap<string, string>;
  /** Hosts that the user's own configuration names: these alone, and those of `addHosts`, may be of this machine. */
  readonly namedHosts: readonly string[];
  readonly sleep?: Sleep | undefined;
}

/** Upstream's documents outside of any build: each is asked for once, as steps would through the gateway. */
export class Documents {
  readonly #upstream: Upstream;
  readonly #asked = new Map<string, Promise<UpstreamDocument>>();
  readonly #waiting: (() => void)[] = [];
  readonly #stop = new AbortController();
  #running = 0;

  /** @throws HoldfastError GATEWAY_ROOTS_UNREADABLE (exit 2) */
  constructor({ environment, addHosts, namedHosts, sleep }: DocumentsOptions) {
    const own = namedHosts.filter(isThisMachine).map(host => [host, loopbackOf(host)] as const);
    this.#upstream = new Upstream({
      environment,
      addHosts: new Map([...own, ...addHosts]),
      // A person waits: what does not answer twice is told of.
      limits: { ...defaultLimits, attempts: 2, longestRetryAfter: 10_000 },
      sleep: sleep ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal })),
      now: () => new Date(),
    });
  }

  /** A GET; redirects are answers. @throws HoldfastError (exit 5) where upstream gives none */
  get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<UpstreamDocument> {
    const key = JSON.stringify([url, headers]);
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    const asked = this.#ask({ method: 'GET', url: urlOf(url), headers: Object.entries(headers) });
    this.#asked.set(key, asked);
    return asked;
  }

  /** JSON by POST. @throws as get */
  post(url: string, body: Buffer): Promise<UpstreamDocument> {
    const headers = [['content-type', 'application/json'] as const];
    const sent = {
      digest: sha256(body),
      size: body.length,
      open: () => body,
      bytes: () => Promise.resolve(body),
      discard: () => Promise.resolve(),
    };
    return this.#ask({ method: 'POST', url: urlOf(url), headers, body: sent });
  }

  close(): Promise<void> {
    this.#stop.abort();
    return this.#upstream.close();
  }

  async #ask(request: UpstreamRequest): Promise<UpstreamDocument> {
    if (this.#running >= mostAtOnce) await new Promise<void>(resolve => this.#waiting.push(resolve));
    this.#running++;
    try {
      const answer = await this.#upstream.ask(request, this.#stop.signal);
      const body = await wholeBody(answer, request.url, largestDocument);
      return { status: answer.status, headers: answer.headers, body };
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      throw upstreamError(error.code, error.message, {
        next: 'Look whether the server can be reached from here, and run the command again.',
        cause: error,
      });
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw upstreamError('GATEWAY_URL_INVALID', `${text.slice(0, 200)} is no URL that can be asked`, {
    next: 'Look at the line of the lock, or of holdfast.yaml, that it is from.',
  });
}

const isThisMachine = (host: string) => host === 'localhost' || /^(?:127\.|::1$)/.test(host);
const loopbackOf = (host: string) => (host === 'localhost' ? '127.0.0.1' : host);

/** A name for a document's copy on disk. */
export function documentKey(url: string): string {
  return hexOf(sha256(url));
}
