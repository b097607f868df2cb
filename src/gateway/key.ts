import type { IncomingHttpHeaders } from 'node:http';
import type { Digest } from '../core/index.ts';
import type { ExchangeKey } from '../kinds/index.ts';
import { redactUrl } from './redact.ts';

/** The request headers that choose between representations of `url`, by name in lower case: a kind's business. */
export type Vary = (url: URL, headers: IncomingHttpHeaders) => Readonly<Record<string, string>>;

/** The bytes of a request's body as they count for the key; nothing where they count as they are. */
export type CanonicalBody = (url: URL, headers: IncomingHttpHeaders, body: Buffer) => Buffer | undefined;

export interface KeyedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** Digest of the request's body, where there is one. */
  readonly body?: Digest | undefined;
}

/** A text without what may not be recorded; a function that changes nothing where there is nothing to hide. */
export type Hide = (text: string) => string;

/** What identifies a request in the recording (DESIGN 5, "Key"). HEAD has the key of GET, being answered from it. */
export function exchangeKey(request: KeyedRequest, vary: Vary, hide: Hide = text => text): ExchangeKey {
  const { body } = request;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const key = { method, url: hide(redactUrl(request.url)), vary: vary(request.url, request.headers) };
  return body === undefined ? key : { ...key, body };
}
