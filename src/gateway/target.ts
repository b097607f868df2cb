import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** What a connection says of the server that it means to talk to, before any request. */
export interface Dialled {
  readonly scheme: 'http' | 'https';
  /** From SNI, CONNECT, the address map of the DNS answers, or the bare address; lower case. */
  readonly host: string;
  readonly port: number;
}

export type Target =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly reason: string };

const refused = (reason: string): Target => ({ ok: false, reason });

/** A DNS name, with underscores as real zones have them, or an IPv4 address. */
const namePattern = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62}(?:\.[a-z0-9_][a-z0-9_-]{0,62})*)?$/;
const authorityPattern = /^(\[[0-9a-f:.]+\]|[^:[\]@/?#\s]+)(?::(\d{1,5}))?$/i;

/** A host as it may stand in a certificate and a URL: lower case, no final dot, IPv6 without brackets. */
export function validHost(text: string): string | undefined {
  const host = text.toLowerCase().replace(/\.$/, '');
  if (namePattern.test(host)) return host;
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return isIPv6(bare) && !bare.includes('%') ? bare : undefined;
}

export interface Authority {
  readonly host: string;
  readonly port: number | undefined;
}

/** Reads `host[:port]` (RFC 9110 7.2), without user information. */
export function parseAuthority(text: string): Authority | undefined {
  const [, name = '', digits] = authorityPattern.exec(text) ?? [];
  const host = validHost(name);
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  return { host, port };
}

/**
 * The URL that a request asks for (RFC 9112 3.2, 3.3): absolute-form as it stands; origin-form from the Host header,
 * which wins over SNI; scheme and default port from the connection.
 */
export function requestTarget(
  request: Pick<IncomingMessage, 'url' | 'headers' | 'rawHeaders'>,
  dialled: Dialled,
): Target {
  const hosts = request.rawHeaders.filter((name, n) => n % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) return refused('more than one Host header');
  const text = request.url ?? '';
  if (/^https?:\/\//i.test(text)) return absoluteTarget(text);
  if (!text.startsWith('/')) return refused(`a request target that is no path: ${text.slice(0, 80)}`);
  const header = request.headers.host;
  // HTTP/1.0 knows no Host header; the connection must tell.
  const authority = header ? parseAuthority(header) : { host: dialled.host, port: dialled.port };
  if (authority === undefined)
    return refused(`a Host header that is no host: ${(header ?? '').slice(0, 80)}`);
  const { host, port } = authority;
  const origin = `${dialled.scheme}://${isIPv6(host) ? `[${host}]` : host}:${port ?? dialled.port}`;
  return parsed(origin + text);
}

function absoluteTarget(text: string): Target {
  const target = parsed(text);
  if (!target.ok) return target;
  return validHost(target.url.hostname) ? target : refused('an absolute target that names no host');
}

function parsed(text: string): Target {
  if (!URL.canParse(text)) return refused(`a request target that is no URL: ${text.slice(0, 80)}`);
  const url = new URL(text);
  url.hash = '';
  return { ok: true, url };
}
