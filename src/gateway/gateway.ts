import type { Socket as DatagramSocket } from 'node:dgram';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import type { Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { collectEarly } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { AddressPool } from './address-pool.ts';
import { Bodies } from './bodies.ts';
import { CertificateAuthority } from './ca.ts';
import { dnsAnswer } from './dns.ts';
import type { ExchangeKey, RecordedResponse } from '../kinds/index.ts';
import { handleRequest } from './handler.ts';
import { refetched } from './heal.ts';
import type { Environment } from './host-network.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { Connections } from './listener.ts';
import type { GatewayParts } from './live.ts';
import { ownRequests, type Get } from './own-requests.ts';
import type { Sleep } from './retry.ts';
import { GatewaySession, type SessionOptions, type SessionResult } from './session.ts';
import { Upstream } from './upstream.ts';

/** Sockets that listen already, in the network namespace of the steps; the gateway closes them with itself. */
export interface GatewayListeners {
  readonly tcp: readonly {
    /** What the step believes to dial; 0 for a socket that takes every port. */
    readonly port: number;
    readonly server: Server;
  }[];
  readonly dns?: DatagramSocket | undefined;
  /** The one address that they listen at, if there is one: all names are there, and a step is told by what it dials. */
  readonly address?: string | undefined;
}

export interface GatewayOptions {
  readonly store: Store;
  /** The host's variables: proxies and roots are read from it. */
  readonly environment: Environment;
  /** Name to address, as Docker's --add-host. Only these may be at an address of this machine. */
  readonly addHosts?: ReadonlyMap<string, string> | undefined;
  readonly limits?: Partial<GatewayLimits> | undefined;
  /** Brings a recorded body into the store, from where its blobs are shared; false where it is not there. */
  readonly bring?: GatewayParts['bring'];
  /** Directory for request bodies that are too large for memory; they never outlive their request. */
  readonly temporary?: string | undefined;
  readonly sleep?: Sleep | undefined;
  readonly now?: (() => Date) | undefined;
}

export interface Session {
  /** Ends the session. Call it once, when the step's processes are gone. */
  finish(): Promise<SessionResult>;
}

/** A build that asks for less is over sooner with a heap that grows. */
const manyRequests = 100;

/** The forward and intercepting proxy that is all that a step's network holds (DESIGN 5). */
export class Gateway {
  readonly #authority = new CertificateAuthority();
  readonly #names = new AddressPool();
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #closing = new Set<() => void>();
  readonly #parts: GatewayParts;
  readonly #connections: Connections;

  #requests = 0;

  private constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#connections = new Connections(this.#authority, parts.limits, (session, dialled, response) => {
      if (++this.#requests === manyRequests) collectEarly();
      return handleRequest(parts, session, dialled, response);
    });
  }

  /** @throws HoldfastError GATEWAY_ROOTS_UNREADABLE (exit 2) */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { store, environment } = options;
    const limits = { ...defaultLimits, ...options.limits };
    const upstream = new Upstream({
      environment,
      limits,
      addHosts: options.addHosts ?? new Map(),
      now: options.now ?? (() => new Date()),
      sleep: options.sleep ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal })),
    });
    const temporary = options.temporary ?? tmpdir();
    const { bring } = options;
    return new Gateway({ store, upstream, limits, temporary, bring, bodies: new Bodies(store) });
  }

  /** What the clients of a step must trust: PEM, one certificate. */
  get caCertificatePem(): string {
    return this.#authority.certificatePem;
  }

  /** Byte strings of which one is in every file that the authority, or something derived from it, is in. */
  get caMarkers(): Buffer[] {
    return this.#authority.markers;
  }

  /** The address that the gateway's DNS gives to a name, for a client that is told by other means (`/etc/hosts`). */
  addressOf(name: string): string | undefined {
    return this.#names.addressOf(name);
  }

  /** May be called again for further sockets. Those that their owner has closed are forgotten. */
  serve({ tcp, dns, address }: GatewayListeners): void {
    for (const { port, server } of tcp) {
      server.on('connection', socket => this.#accept(socket, port, address));
      this.#closeAtEnd(server);
    }
    if (dns === undefined) return;
    const names = address === undefined ? this.#names : { addressOf: () => address };
    dns.on('message', (query, client) => {
      const answer = dnsAnswer(query, names);
      if (answer !== undefined) dns.send(answer, client.port, client.address, () => undefined);
    });
    this.#closeAtEnd(dns);
  }

  #closeAtEnd(socket: Server | DatagramSocket): void {
    const close = () => void socket.close();
    this.#closing.add(close);
    socket.once('close', () => this.#closing.delete(close));
  }

  session(options: SessionOptions): Session {
    const address = plainAddress(options.clientAddress);
    const session = new GatewaySession(options);
    this.#sessions.set(address, session);
    return {
      finish: () => {
        if (this.#sessions.get(address) === session) this.#sessions.delete(address);
        return session.finish(this.#parts.limits.finish);
      },
    };
  }

  /**
   * Makes requests of the program's own as a step's would be made: recorded, replayed, answered as of the lock's date.
   * @returns what `use` returned, and what a session's `finish` tells
   */
  async requests<Result>(
    options: Omit<SessionOptions, 'clientAddress'>,
    use: (get: Get) => Promise<Result>,
  ): Promise<{ readonly value: Result; readonly session: SessionResult }> {
    const session = new GatewaySession({ ...options, clientAddress: '' });
    const handle = (response: ServerResponse) =>
      session.run(handleRequest(this.#parts, session, { scheme: 'http', host: '', port: 80 }, response));
    try {
      const value = await use(ownRequests(handle, session.signal));
      return { value, session: await session.finish(this.#parts.limits.finish) };
    } catch (error) {
      throw (await session.finish(0)).problem ?? error;
    }
  }

  /**
   * Fetches the body of a recorded answer again, by its URL or from another place that has it, whatever the store has
   * under its digest.
   * @returns why it could not be had; nothing where the store has it now
   */
  async refetch(
    options: Omit<SessionOptions, 'clientAddress'>,
    key: ExchangeKey,
    recorded: RecordedResponse,
  ): Promise<string | undefined> {
    const session = new GatewaySession({ ...options, clientAddress: '' });
    try {
      const headers = [['accept-encoding', 'identity'] as const, ...Object.entries(key.vary)];
      const request = { method: 'GET', url: new URL(key.url), headers };
      const found = await refetched(this.#parts, session, key, recorded, request);
      return found ? undefined : `${key.url} has another answer now`;
    } catch (error) {
      return session.failed(key, error).message;
    } finally {
      await session.finish(0);
    }
  }

  /** Closes the listeners and every connection; sessions that were not finished are given up. */
  async close(): Promise<void> {
    for (const close of this.#closing) close();
    this.#closing.clear();
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map(session => session.finish(0)));
    await this.#parts.upstream.close();
  }

  /** @param dialled by which the step is known; by its own address unless it is given. */
  #accept(socket: Socket, port: number, dialled?: string): void {
    const known = dialled ?? plainAddress(socket.remoteAddress ?? '');
    const session = this.#sessions.get(known) ?? this.#sessions.get('*');
    if (session === undefined) {
      socket.destroy();
      return;
    }
    const address = plainAddress(socket.localAddress ?? '');
    const host = this.#names.nameOf(address) ?? address;
    this.#connections.accept(socket, session, {
      scheme: 'http',
      host,
      port: port || (socket.localPort ?? 0),
    });
  }
}

/** IPv4 addresses that a dual-stack socket shows inside IPv6, as they are. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
