import { canonicalJson, type Digest } from '../core/index.ts';
import type { BlobDescriptor } from '../store/index.ts';

/**
 * What identifies a request (DESIGN 5). `url` holds scheme, host, port unless it is the scheme's own, path and
 * query; never credentials, never a fragment. `vary` holds the request headers that the kind says matter.
 */
export interface ExchangeKey {
  readonly method: string;
  readonly url: string;
  readonly vary: Readonly<Record<string, string>>;
  readonly body?: Digest | undefined;
}

/** `headers` are the kept ones only, names in lower case, sorted. */
export interface RecordedResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: BlobDescriptor | undefined;
}

/** One key and its answers in the order they were given. Past the last answer, the last one repeats. */
export interface Exchange {
  readonly key: ExchangeKey;
  readonly responses: readonly RecordedResponse[];
}

/**
 * A request that upstream refused for want of credentials, and that the step did without. What it would have got is
 * not known, so that it is not locked.
 */
export interface RefusedExchange {
  readonly key: ExchangeKey;
  /** 401, 403 or 407. */
  readonly status: number;
}

/** Equal keys give equal texts: for maps and for sorting. */
export function keyText(key: ExchangeKey): string {
  const { method, url, vary, body } = key;
  return canonicalJson({ method, url, vary, body });
}
