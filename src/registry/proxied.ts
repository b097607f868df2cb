import type { EnvHttpProxyAgent } from 'undici';
import { nodeTls, type Dispatcher, type TlsSettings } from './direct.ts';
import { copied } from './transfer.ts';

export interface ProxySettings {
  readonly proxy: string;
  /** Hosts that are asked directly, as NO_PROXY lists them. */
  readonly noProxy: string;
  /** For the host behind the proxy. */
  readonly tls: TlsSettings;
  /** For the proxy itself. */
  readonly proxyTls: TlsSettings;
}

/** Through a proxy, as undici speaks to them. It is loaded at first use: it takes longer than all else together. */
export function proxiedDispatcher({ proxy, noProxy, tls, proxyTls }: ProxySettings): Dispatcher {
  let opened: Promise<EnvHttpProxyAgent> | undefined;
  const open = async () => {
    const undici = await import('undici');
    const settings = nodeTls(tls);
    return new undici.EnvHttpProxyAgent({
      // HTTP/2 would put all blobs of an image through one connection.
      allowH2: false,
      connect: settings,
      requestTls: settings,
      proxyTls: nodeTls(proxyTls),
      httpProxy: proxy,
      httpsProxy: proxy,
      noProxy,
    });
  };
  return {
    async request({ body, signal, ...request }) {
      opened ??= open();
      // undici takes any async iterable, but its types know streams alone.
      const sent = typeof body === 'object' && !(body instanceof Uint8Array) ? copied(body) : (body ?? null);
      const options = { ...request, body: sent as string | null, method: request.method as 'GET' };
      return (await opened).request(signal === undefined ? options : { ...options, signal });
    },
    async destroy() {
      await (await opened)?.destroy();
    },
  };
}
