import type { IncomingHttpHeaders } from 'node:http';
import { redactLink, redactLocation } from './redact.ts';

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** DESIGN 5: all that a recording keeps of an answer's headers. Content-Encoding is part of what the bytes mean. */
const kept = new Set([
  'content-disposition',
  'content-encoding',
  'content-type',
  'docker-content-digest',
  'etag',
  'last-modified',
  'link',
  'location',
  'www-authenticate',
]);

/** RFC 9110 7.6.1, and what proxies add to it. */
const hopByHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The gateway asks for the whole, unconditionally and unpacked; lengths and hosts it writes itself. */
const replaced = new Set([
  'accept-encoding',
  'content-length',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

/** The headers that the recording keeps of an answer to `url`: lower case, sorted, without credentials in URLs. */
export function keptHeaders(headers: IncomingHttpHeaders, url: URL): HeaderList {
  const list: (readonly [string, string])[] = [];
  for (const name of Object.keys(headers).toSorted()) {
    if (!kept.has(name)) continue;
    for (const value of valuesOf(headers, name)) list.push([name, cleaned(name, value, url)]);
  }
  return list;
}

function cleaned(name: string, value: string, url: URL): string {
  if (name === 'location') return redactLocation(value, url);
  return name === 'link' ? redactLink(value, url) : value;
}

/** The same answer as the client of a live request gets it: credentials in URLs whole, and its cookies. */
export function liveHeaders(headers: IncomingHttpHeaders): HeaderList {
  const names = Object.keys(headers).filter(name => kept.has(name) || name === 'set-cookie');
  return names.toSorted().flatMap(name => valuesOf(headers, name).map(value => [name, value] as const));
}

/** For answers that are passed on and never recorded: all that is meant for the client. */
export function endToEndHeaders(headers: IncomingHttpHeaders): HeaderList {
  const named = connectionNames(headers.connection);
  const names = Object.keys(headers).filter(name => !hopByHop.has(name) && !named.has(name));
  return names.flatMap(name => valuesOf(headers, name).map(value => [name, value] as const));
}

/** What is passed upstream of a client's request, from Node's flat list of names and values. */
export function forwardedHeaders(raw: readonly string[]): HeaderList {
  const pairs = raw.flatMap((name, n) =>
    n % 2 === 0 ? [[name.toLowerCase(), raw[n + 1] ?? ''] as const] : [],
  );
  const named = new Set(
    pairs.filter(([name]) => name === 'connection').flatMap(([, value]) => [...connectionNames(value)]),
  );
  const passed = pairs.filter(([name]) => !hopByHop.has(name) && !replaced.has(name) && !named.has(name));
  return [...passed, ['accept-encoding', 'identity']];
}

export function headerOf(headers: HeaderList, name: string): string | undefined {
  return headers.find(([candidate]) => candidate === name)?.[1];
}

function valuesOf(headers: IncomingHttpHeaders, name: string): string[] {
  const value = headers[name];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function connectionNames(value = ''): Set<string> {
  return new Set(value.split(',').map(name => name.trim().toLowerCase()));
}
