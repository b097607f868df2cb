import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { behaviours } from './behaviours.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HostileOptions {
  /** PEM; speaks TLS where given. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** An HTTP server on the loopback that does all that servers on the internet do; `behaviours` lists its paths. */
export class HostileServer {
  /** In the order they came. */
  readonly requests: SeenRequest[] = [];
  /** What a test wants a path to answer from now on. */
  readonly pages = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  /** Authorities that it was asked to CONNECT to, being a proxy as well; every tunnel ends on the loopback. */
  readonly tunnels: string[] = [];
  readonly #server: Server & { closeAllConnections?: () => void };
  readonly #counts = new Map<string, number>();

  private constructor(options: HostileOptions) {
    const listener: RequestListener = (request, response) => this.#answer(request, response);
    this.#server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex) => this.#tunnel(request, socket));
  }

  static async start(options: HostileOptions = {}): Promise<HostileServer> {
    const hostile = new HostileServer(options);
    await new Promise<void>(done => hostile.#server.listen(0, '127.0.0.1', done));
    return hostile;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How often a path (with its query) was asked for. */
  count(url: string): number {
    return this.#counts.get(url) ?? 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections?.();
    await new Promise(done => this.#server.close(done));
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    this.tunnels.push(request.url ?? '');
    const end = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(end).pipe(socket);
    });
    end.on('error', () => socket.destroy());
    socket.on('error', () => end.destroy());
    socket.on('close', () => end.destroy());
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '/', headers } = request;
    const count = this.count(url) + 1;
    this.#counts.set(url, count);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const parsed = new URL(url, 'http://hostile.test');
      const page = this.pages.get(parsed.pathname);
      const behaviour = behaviours[parsed.pathname];
      if (page !== undefined) page(request, response);
      else if (behaviour === undefined) response.writeHead(404).end('no such path\n');
      else behaviour({ request, response, url: parsed, count });
    });
  }
}
