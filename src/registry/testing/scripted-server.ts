import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface ScriptedServer {
  /** `127.0.0.1:PORT`. */
  readonly domain: string;
  readonly origin: string;
  /** Every request so far, in order; TLS attempts are none. */
  readonly seen: SeenRequest[];
  stop(): Promise<void>;
}

export type Script = (
  request: SeenRequest & { readonly body: Buffer; readonly number: number },
  response: ServerResponse,
) => void;

/** A server of the loopback that answers what the test wants; what it leaves open is closed with it. */
export async function startScripted(script: Script): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers });
      script({ method, url, headers, body: Buffer.concat(chunks), number: seen.length }, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const domain = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    domain,
    origin: `http://${domain}`,
    seen,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
