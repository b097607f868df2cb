import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { duplexPair } from 'node:stream';

/** A GET; redirects are not followed. The body must be read, or destroyed. */
export type Get = (url: string) => Promise<IncomingMessage>;

/** Requests that reach `handle` without a network in between, in absolute-form, as a proxy is asked (RFC 9112 3.2.2). */
export function ownRequests(handle: (response: ServerResponse) => void, signal: AbortSignal): Get {
  const server = createServer((_request, response) => handle(response));
  return url =>
    new Promise((resolve, reject) => {
      const [near, far] = duplexPair();
      server.emit('connection', far);
      const asked = request({
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
