import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { nodeHttp, secureContext } from '../core/index.ts';
import { earlyConnections } from './early-connections.ts';
import { lendingAgent, lentBody } from './lent-body.ts';

/** A request as it goes out: nothing is added but `Host`, and the length of a body that is there whole. */
export interface OutgoingRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of an iterable each piece need be good only until the next is asked for. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface IncomingAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read, or destroyed. */
  readonly body: Readable;
  /** In place of `body`, for what is large: see {@link lentBody}. */
  readonly lent?: (() => AsyncIterable<Uint8Array>) | undefined;
}

/** One way to the outside. */
export interface Dispatcher {
  request(request: OutgoingRequest): Promise<IncomingAnswer>;
  /** Opens connections to an origin that is about to be asked so many things at once; none where that brings nothing. */
  expect?(origin: string, requests: number): void;
  /** Closes all its connections. */
  destroy(): Promise<void>;
}

export interface TlsSettings {
  /** Besides those that Node has, PEM. */
  readonly roots?: readonly string[] | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

/** Milliseconds to get a connection, and those that it may be silent for. */
const connectPatience = 10_000;
const patience = 300_000;

/** Straight to the host, as many connections as there are requests under way, each kept for the next. */
export function directDispatcher(tls: TlsSettings): Dispatcher {
  const settings = { keepAlive: true, timeout: patience };
  const { Agent, request } = nodeHttp();
  const plain = lendingAgent(new Agent(settings));
  const plainEarly = earlyConnections(plain, settings, connectPatience);
  let opened: ReturnType<typeof openSecure> | undefined;
  const openSecure = () => {
    // Loaded at first use, as all that TLS needs.
    const https = process.getBuiltinModule('node:https');
    const all = { ...settings, ...nodeTls(tls) };
    const agent = lendingAgent(new https.Agent(all));
    return { https, agent, early: earlyConnections(agent, all, connectPatience) };
  };
  const secure = () => (opened ??= openSecure());
  const begin = ({ origin, path, method, headers, signal }: OutgoingRequest): ClientRequest => {
    const { protocol, host, port } = addressOf(origin);
    const options = { host, port, path, method, headers, ...(signal && { signal }) };
    if (protocol === 'http:') return request({ ...options, agent: plain });
    const { https, agent } = secure();
    return https.request({ ...options, agent });
  };
  /** Where one was lost its neighbours are, too, as after a time that a firewall found too long. */
  const forgetIdle = () => {
    for (const agent of [plain, ...(opened ? [opened.agent] : [])])
      for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
  };
  return {
    request: async outgoing => {
      try {
        return await answered(begin(outgoing), outgoing.body);
      } catch (error) {
        if (error instanceof ConnectionLost) forgetIdle();
        throw error;
      }
    },
    expect(origin, requests) {
      const { protocol, host, port } = addressOf(origin);
      const early = protocol === 'http:' ? plainEarly : secure().early;
      early.open(host, port, requests);
    },
    destroy() {
      plainEarly.close();
      plain.destroy();
      opened?.early.close();
      opened?.agent.destroy();
      return Promise.resolve();
    },
  };
}

function addressOf(origin: string) {
  const { protocol, hostname, port } = new URL(origin);
  const usual = protocol === 'http:' ? 80 : 443;
  return { protocol, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usual };
}

/** The settings as Node has them, for any number of connections: to make a context for each takes longer than all else. */
export function nodeTls({ roots = [], cert, key, rejectUnauthorized }: TlsSettings): NodeTls {
  const verified = rejectUnauthorized === undefined ? {} : { rejectUnauthorized };
  return { ...verified, secureContext: secureContext(roots, { cert, key }) };
}

interface NodeTls {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized?: boolean;
}

function answered(asked: ClientRequest, body: OutgoingRequest['body']): Promise<IncomingAnswer> {
  const answer = new Promise<IncomingAnswer>((resolve, reject) => {
    const failed = (error: Error) => reject(asked.reusedSocket ? new ConnectionLost(error) : error);
    asked.on('error', failed).on('response', incoming => {
      // Whoever reads learns of an error; one that comes before or after is met here.
      incoming.on('error', () => {});
      // An answer that does not wait for the end of the question leaves no connection for another.
      incoming.on('end', () => void (asked.writableFinished || asked.destroy()));
      const { statusCode = 0, headers } = incoming;
      resolve({ statusCode, headers, body: incoming, lent: lentBody(incoming) });
    });
  });
  limitWaiting(asked);
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) asked.end(body);
  // What fails here fails the request.
  else void send(body, asked).catch((error: Error) => asked.destroy(error));
  return answer;
}

/** Asks for a piece only when the one before has left: it may be the same memory. */
async function send(body: AsyncIterable<Uint8Array>, asked: ClientRequest): Promise<void> {
  let gone = () => {};
  asked.once('close', () => gone());
  for await (const piece of body) {
    await new Promise<void>(resolve => {
      gone = resolve;
      asked.write(piece, () => resolve());
    });
    // Its own error has been told to whoever waits for the answer.
    if (asked.destroyed) return;
  }
  asked.end();
}

/** A connection that had served before broke: its other end may have closed it just then. */
export class ConnectionLost extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function limitWaiting(asked: ClientRequest): void {
  asked.on('timeout', () => asked.destroy(timeout('no answer')));
  asked.on('socket', socket => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => asked.destroy(timeout('no connection')), connectPatience);
    const settle = () => clearTimeout(timer);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', settle);
    asked.once('close', settle);
  });
}

function timeout(what: string): Error {
  return Object.assign(new Error(`${what} in time`), { code: 'ETIMEDOUT' });
}

/** Reads at most `limit` more bytes of a body and forgets them; where there are more its connection is closed. */
export async function drain(body: Readable, limit: number): Promise<void> {
  let left = limit;
  try {
    for await (const chunk of body) {
      left -= (chunk as Uint8Array).byteLength;
      if (left < 0) return;
    }
  } catch {
    // Nobody asked for it.
  }
}
