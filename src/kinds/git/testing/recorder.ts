import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { sha256, type Digest } from '../../../core/index.ts';
import { keyText, type Exchange, type ExchangeKey } from '../../exchange.ts';
import { git } from '../index.ts';

export interface SeenBody {
  /** Path and query. */
  readonly url: string;
  readonly encoding: string | undefined;
  readonly raw: Buffer;
  readonly canonical: Buffer | undefined;
}

/** What the gateway does, as far as this kind has a say: passes requests on, and later answers them by their keys. */
export class Recorder {
  readonly url: string;
  /** Where a request that is not recorded gets its answer; 504 where there is nothing. */
  upstream: string | undefined;
  /** Bodies of requests since the start or since `forget`. */
  readonly bodies: SeenBody[] = [];
  readonly #server: Server;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #stored = new Map<Digest, Buffer>();

  private constructor(server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#server = server;
  }

  static async start(upstream: string): Promise<Recorder> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const recorder = new Recorder(server);
    recorder.upstream = upstream;
    server.on('request', (request, response) => {
      recorder.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    return recorder;
  }

  get exchanges(): Exchange[] {
    return [...this.#exchanges.values()];
  }

  readonly readBody = (digest: Digest): Promise<Buffer> => {
    const bytes = this.#stored.get(digest);
    return bytes === undefined ? Promise.reject(new Error(`no ${digest}`)) : Promise.resolve(bytes);
  };

  /** Forgets what was recorded, and the bodies. */
  forget(): void {
    this.#exchanges.clear();
    this.bodies.length = 0;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = request;
    const raw = await buffer(request);
    const url = new URL(path, this.url);
    const canonical = raw.length > 0 ? git.requestBody(url, headers, raw) : undefined;
    if (raw.length > 0)
      this.bodies.push({ url: path, encoding: headers['content-encoding'], raw, canonical });
    const key: ExchangeKey = {
      method,
      url: url.href,
      vary: git.vary(headers),
      ...(raw.length > 0 && { body: sha256(canonical ?? raw) }),
    };
    const text = keyText(key);
    const known = this.#exchanges.get(text) ?? (await this.#live(key, path, headers, raw));
    const [answer] = known?.responses ?? [];
    if (known === undefined || answer === undefined) {
      response.writeHead(504).end();
      return;
    }
    this.#exchanges.set(text, known);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(answer.body && (await this.readBody(answer.body.digest)));
  }

  async #live(
    key: ExchangeKey,
    path: string,
    headers: IncomingMessage['headers'],
    raw: Buffer,
  ): Promise<Exchange | undefined> {
    if (this.upstream === undefined) return undefined;
    const passed = ['git-protocol', 'content-type', 'content-encoding', 'accept'].flatMap(name => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    });
    const answer = await fetch(this.upstream + path, {
      method: key.method,
      headers: { ...Object.fromEntries(passed), 'accept-encoding': 'identity' },
      body: raw.length > 0 ? new Uint8Array(raw) : null,
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const body = { digest: sha256(bytes), size: bytes.length };
    this.#stored.set(body.digest, bytes);
    const type = answer.headers.get('content-type');
    return {
      key,
      responses: [{ status: answer.status, headers: type === null ? [] : [['content-type', type]], body }],
    };
  }
}
