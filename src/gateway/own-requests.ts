import type { IncomingMessage, ServerResponse } from 'node:http';
import { duplexPair } from 'node:stream';
import { nodeHttp } from '../core/index.ts';

/** A GET; redirects are not followed. The body must be read, or destroyed. */
export type Get = (url: string) => Promise<IncomingMessage>;

/** Requests that reach `handle` without a network in between, in absolute-form, as a proxy is asked (RFC 9112 3.2.2). */
export function ownRequests(handle: (response: ServerResponse) => void, signal: AbortSignal): Get {
  const server = nodeHttp().createServer((_request, response) => handle(response));
  return url =>
    new Promise((resolve, reject) => {
      const [near, far] = duplexPair();
      server.emit('connection', far);
      const asked = nodeHttp().request({
        createConnection: () => near,
        path: url,
        headers: { host: new URL(url).host, accept: '*/*' },
        signal,
      });
      asked.on('response', resolve);
      asked.on('error', reject);
      asked.end();
    });
}
