import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { errnoOf, usageError } from '../core/index.ts';
import type { CertificatesFor } from './host-certificates.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How connections to the outside are made on this host: its proxies and its roots. */
export interface Dispatchers {
  dispatcherFor(url: URL): Dispatcher;
  close(): Promise<void>;
}

/**
 * Honours HTTPS_PROXY, HTTP_PROXY, NO_PROXY (in either case) and, beside the roots that Node has with
 * NODE_EXTRA_CA_CERTS, those of SSL_CERT_FILE. Loopback hosts are never asked through a proxy.
 * `verify` false takes any certificate. A host with certificates of its own has connections of its own, so that what it is shown no other host sees.
 * @throws HoldfastError ROOTS_UNREADABLE, PROXY_INVALID (exit 2)
 */
export async function openDispatchers(
  env: Environment,
  certificatesFor: CertificatesFor = () => undefined,
  verify = true,
): Promise<Dispatchers> {
  // Loaded at first use: a build from the cache speaks to nobody, and should not wait for this.
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const ca = await extraRoots(env);
  const proxyTls: { readonly ca?: string[] } = ca ? { ca } : {};
  const connect = { ...proxyTls, ...(!verify && { rejectUnauthorized: false }) };
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const agentsWith = (tls: typeof connect) => {
    // HTTP/2 would put all blobs of an image through one connection.
    const options = { allowH2: false, connect: tls };
    const proxied = (httpProxy: string, httpsProxy: string) => {
      try {
        return new EnvHttpProxyAgent({
          ...options,
          requestTls: tls,
          proxyTls,
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
    return {
      direct: new Agent(options),
      // Two agents, because undici sends https through HTTP_PROXY where HTTPS_PROXY is not set; curl and Go do not.
      http: proxied(env['http_proxy'] ?? env['HTTP_PROXY'] ?? '', ''),
      https: proxied('', env['https_proxy'] ?? env['HTTPS_PROXY'] ?? ''),
    };
  };
  const usual = agentsWith(connect);
  const own = new Map<string, typeof usual>();
  const agentsFor = (url: URL) => {
    const certificates = url.protocol === 'https:' ? certificatesFor(url.host) : undefined;
    if (certificates === undefined) return usual;
    const { roots, client } = certificates;
    const ca = [...(connect.ca ?? getCACertificates('default')), ...roots];
    const agents = own.get(url.host) ?? agentsWith({ ...connect, ...client, ca });
    own.set(url.host, agents);
    return agents;
  };
  return {
    dispatcherFor(url) {
      const { direct, http, https } = agentsFor(url);
      if (isLoopback(url.hostname)) return direct;
      return url.protocol === 'https:' ? https : http;
    },
    async close() {
      const all = [usual, ...own.values()].flatMap(({ direct, http, https }) => [direct, http, https]);
      await Promise.all(all.map(agent => agent.destroy()));
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
