import { readFile } from 'node:fs/promises';
import { errnoOf, usageError } from '../core/index.ts';
import { directDispatcher, type Dispatcher } from './direct.ts';
import type { CertificatesFor, HostCertificates } from './host-certificates.ts';
import { proxiedDispatcher } from './proxied.ts';

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
  const roots = await extraRoots(env);
  const [httpProxy, httpsProxy] = [proxyIn(env, 'http_proxy'), proxyIn(env, 'https_proxy')];
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const dispatchersWith = (certificates: Partial<HostCertificates>) => {
    const trusted = [...roots, ...(certificates.roots ?? [])];
    const tls = { roots: trusted, ...certificates.client, ...(!verify && { rejectUnauthorized: false }) };
    const direct = directDispatcher(tls);
    const through = (proxy: string) =>
      proxy === '' ? direct : proxiedDispatcher({ proxy, noProxy, tls, proxyTls: { roots } });
    return { direct, http: through(httpProxy), https: through(httpsProxy) };
  };
  const usual = dispatchersWith({});
  const own = new Map<string, typeof usual>();
  const dispatchersFor = (url: URL) => {
    const certificates = url.protocol === 'https:' ? certificatesFor(url.host) : undefined;
    if (certificates === undefined) return usual;
    const dispatchers = own.get(url.host) ?? dispatchersWith(certificates);
    own.set(url.host, dispatchers);
    return dispatchers;
  };
  return {
    dispatcherFor(url) {
      const { direct, http, https } = dispatchersFor(url);
      if (isLoopback(url.hostname)) return direct;
      return url.protocol === 'https:' ? https : http;
    },
    async close() {
      const all = [usual, ...own.values()].flatMap(({ direct, http, https }) => [direct, http, https]);
      await Promise.all([...new Set(all)].map(dispatcher => dispatcher.destroy()));
    },
  };
}

/** The URL of a proxy, or nothing. @throws HoldfastError PROXY_INVALID (exit 2) */
function proxyIn(env: Environment, name: string): string {
  const proxy = env[name] ?? env[name.toUpperCase()] ?? '';
  if (proxy === '' || (/^https?:/i.test(proxy) && URL.canParse(proxy))) return proxy;
  // The variable may hold a password: it is not shown.
  throw usageError('PROXY_INVALID', 'HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy', {
    next: 'Write it as http://host:port, or unset it.',
  });
}

async function extraRoots(env: Environment): Promise<string[]> {
  const file = env['SSL_CERT_FILE'];
  if (!file) return [];
  try {
    return [await readFile(file, 'utf8')];
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
