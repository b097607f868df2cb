import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Gateway,
  type ExchangeEvent,
  type GatewayOptions,
  type Session,
  type SessionOptions,
} from '../../src/gateway/index.ts';
import { keyText, type Exchange } from '../../src/kinds/index.ts';
import { Store } from '../../src/store/index.ts';
import { HostileServer } from './server.ts';

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Stop reading after so many bytes and close. */
  readonly stopAfter?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The connection ended before the body was complete. */
  readonly broken: boolean;
}

/** A gateway on the loopback, a store, and a hostile server that it knows as `up.test`. */
export class GatewayWorld {
  readonly directory: string;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly hostile: HostileServer;
  readonly events: ExchangeEvent[] = [];
  /** Milliseconds that the gateway wanted to pause. */
  readonly pauses: number[];
  readonly #port: number;
  #agents = [new Agent({ keepAlive: true }), new TlsAgent({ keepAlive: true })];

  private constructor(parts: {
    directory: string;
    store: Store;
    gateway: Gateway;
    hostile: HostileServer;
    pauses: number[];
    port: number;
  }) {
    this.directory = parts.directory;
    this.store = parts.store;
    this.gateway = parts.gateway;
    this.hostile = parts.hostile;
    this.pauses = parts.pauses;
    this.#port = parts.port;
  }

  static async open(
    given: Partial<GatewayOptions> | ((hostile: HostileServer) => Partial<GatewayOptions>) = {},
  ): Promise<GatewayWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-gateway-'));
    const store = await Store.open(join(directory, 'store'));
    const hostile = await HostileServer.start();
    const options = typeof given === 'function' ? given(hostile) : given;
    const pauses: number[] = [];
    const gateway = await Gateway.open({
      store,
      environment: {},
      addHosts: new Map([
        ['up.test', '127.0.0.1'],
        ['cdn.test', '127.0.0.1'],
      ]),
      temporary: directory,
      sleep: async milliseconds => void pauses.push(milliseconds),
      ...options,
    });
    const server = createServer();
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    gateway.serve({ tcp: [{ port: 443, server }] });
    return new GatewayWorld({ directory, store, gateway, hostile, pauses, port });
  }

  /** Where clients connect to. */
  get port(): number {
    return this.#port;
  }

  url(path: string, host = 'up.test'): string {
    return `http://${host}:${this.hostile.port}${path}`;
  }

  session(
    mode: SessionOptions['mode'],
    recorded: readonly Exchange[] = [],
    more: Partial<SessionOptions> = {},
  ): Session {
    // A finished session closes its connections; a step's clients end before that.
    for (const agent of this.#agents) agent.destroy();
    this.#agents = [new Agent({ keepAlive: true }), new TlsAgent({ keepAlive: true })];
    const byKey = new Map(recorded.map(exchange => [keyText(exchange.key), exchange]));
    return this.gateway.session({
      clientAddress: '127.0.0.1',
      step: '0/2',
      where: { file: 'Dockerfile', line: 3 },
      mode,
      recorded: key => byKey.get(keyText(key)),
      vary: (_url, { accept }): Record<string, string> => (accept === undefined ? {} : { accept }),
      onExchange: event => void this.events.push(event),
      ...more,
    });
  }

  /** Runs `visit` in a session of its own and returns what the session was. */
  async during(
    mode: SessionOptions['mode'],
    visit: () => Promise<unknown>,
    recorded: readonly Exchange[] = [],
  ) {
    const session = this.session(mode, recorded);
    await visit();
    return session.finish();
  }

  get(path: string, ask: Ask = {}): Promise<Answer> {
    return this.ask(this.url(path), ask);
  }

  /** Asks the gateway as if it were the host of `url`. */
  ask(url: string, { method = 'GET', headers = {}, body, stopAfter }: Ask = {}): Promise<Answer> {
    const { host, hostname, pathname, search, protocol } = new URL(url);
    const secure = protocol === 'https:';
    const options = {
      host: '127.0.0.1',
      port: this.#port,
      path: pathname + search,
      method,
      headers: {
        host,
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
      agent: this.#agents[secure ? 1 : 0],
      ...(secure ? { servername: hostname, ca: this.gateway.caCertificatePem } : {}),
    };
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(options, response => {
        const chunks: Buffer[] = [];
        let size = 0;
        const settle = (broken: boolean) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            broken,
          });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (stopAfter !== undefined && size >= stopAfter) request.destroy();
        });
        response.on('end', () => settle(!response.complete));
        response.on('error', () => settle(true));
        response.on('close', () => settle(!response.complete));
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Asks and, once the answer has begun, does not read; the result does, piece by piece. */
  unread(path: string): Promise<() => AsyncIterable<Buffer>> {
    const host = `up.test:${this.hostile.port}`;
    const options = { host: '127.0.0.1', port: this.#port, path, headers: { host }, agent: false };
    return new Promise((resolve, reject) => {
      httpRequest(options, response => {
        response.pause();
        resolve(() => response as AsyncIterable<Buffer>);
      })
        .on('error', reject)
        .end();
    });
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    await this.gateway.close();
    await this.hostile.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
