import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { errnoOf, usageError } from '../core/index.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How connections to the outside are made on this host: its proxies and its roots. */
export interface Dispatchers {
  dispatcherFor(url: URL): Dispatcher;
  close(): Promise<void>;
}

/**
 * Honours HTTPS_PROXY, HTTP_PROXY, NO_PROXY (in either case) and, beside the roots that Node has with
 * NODE_EXTRA_CA_CERTS, those of SSL_CERT_FILE. Loopback hosts are never asked through a proxy.
 * @throws HoldfastError ROOTS_UNREADABLE, PROXY_INVALID (exit 2)
 */
export async function openDispatchers(env: Environment): Promise<Dispatchers> {
  // Loaded at first use: a build from the cache speaks to nobody, and should not wait for this.
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const ca = await extraRoots(env);
  const connect = ca ? { ca } : {};
  // HTTP/2 would put all blobs of an image through one connection.
  const options = { allowH2: false, connect };
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const proxied = (httpProxy: string, httpsProxy: string) => {
    try {
      return new EnvHttpProxyAgent({
        ...options,
        requestTls: connect,
        proxyTls: connect,
        httpProxy,
        httpsProxy,
        noProxy,
      });
    } catch {
      // The variable may hold a password: neither it nor the cause, which quotes it, is shown.
      throw usageError('PROXY_INVALID', 'HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy', {
        next: 'Write it as http://host:port, or unset it.',
      });
    }
  };
  const direct = new Agent(options);
  // Two agents, because undici sends https through HTTP_PROXY where HTTPS_PROXY is not set; curl and Go do not.
  const http = proxied(env['http_proxy'] ?? env['HTTP_PROXY'] ?? '', '');
  const https = proxied('', env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '');
  return {
    dispatcherFor(url) {
      if (isLoopback(url.hostname)) return direct;
      return url.protocol === 'https:' ? https : http;
    },
    async close() {
      await Promise.all([direct.destroy(), http.destroy(), https.destroy()]);
    },
  };
}

async function extraRoots(env: Environment): Promise<string[] | undefined> {
  const file = env['SSL_CERT_FILE'];
  if (!file) return undefined;
  try {
    return [...getCACertificates('default'), await readFile(file, 'utf8')];
  } catch (error) {
    throw usageError(
      'ROOTS_UNREADABLE',
      `cannot read the roots in ${file} (${errnoOf(error) ?? 'unknown error'})`,
      {
        next: 'Correct SSL_CERT_FILE or unset it.',
        cause: error,
      },
    );
  }
}

/** A host name or address of this machine itself. `hostname` as URL gives it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * An address that means this machine in any spelling, or a link-local one (169.254/16, fe80::/10), where clouds
 * serve a machine its own credentials.
 */
export function isInternal(hostname: string): boolean {
  const mapped = hostname.startsWith('[::ffff:') || hostname === '[::]' || hostname.startsWith('0.');
  const linkLocal = hostname.startsWith('169.254.') || /^\[fe[89ab][0-9a-f]:/.test(hostname);
  return isLoopback(hostname) || mapped || linkLocal;
}
