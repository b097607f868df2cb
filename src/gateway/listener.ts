import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { errnoOf, nodeHttp } from '../core/index.ts';
import type { CertificateAuthority } from './ca.ts';
import { breakOff } from './client-response.ts';
import type { GatewayLimits } from './limits.ts';
import type { GatewaySession } from './session.ts';
import { sniffed } from './sniff.ts';
import { parseAuthority, validHost, type Dialled } from './target.ts';

export type RequestHandler = (
  session: GatewaySession,
  dialled: Dialled,
  response: ServerResponse,
) => Promise<void>;

interface Peer {
  readonly session: GatewaySession;
  readonly dialled: Dialled;
}

/** Turns a step's connections into requests: tells TLS from HTTP, ends TLS, opens CONNECT tunnels to itself. */
export class Connections {
  readonly #authority: CertificateAuthority;
  readonly #limits: GatewayLimits;
  readonly #peers = new WeakMap<Socket, Peer>();
  readonly #http: HttpServer;

  constructor(authority: CertificateAuthority, limits: GatewayLimits, handle: RequestHandler) {
    this.#authority = authority;
    this.#limits = limits;
    // It never listens: connections are given to it. No idle limit: the session closes what is left.
    this.#http = nodeHttp().createServer({ maxHeaderSize: limits.headerBytes, keepAliveTimeout: 0 });
    // Clients may close their sending side after the request and still wait for the answer.
    Object.assign(this.#http, { httpAllowHalfOpen: true });
    this.#http.on('request', (request, response) => {
      const peer = this.#peers.get(request.socket);
      if (peer === undefined) request.socket.destroy();
      else peer.session.run(this.#handled(handle, peer, response));
    });
    this.#http.on('connect', (request, _duplex, head) =>
      this.#tunnel(request.url ?? '', request.socket, head),
    );
    this.#http.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
  }

  /** Takes a connection over, to what the client believes to be `dialled`. */
  accept(socket: Socket, session: GatewaySession, dialled: Dialled): void {
    session.track(socket);
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    socket.allowHalfOpen = true;
    session.run(this.#identify(socket, session, dialled));
  }

  /** A client must not wait for an answer that a bug of ours keeps from it. */
  async #handled(
    handle: RequestHandler,
    { session, dialled }: Peer,
    response: ServerResponse,
  ): Promise<void> {
    try {
      await handle(session, dialled, response);
    } catch (error) {
      breakOff(response);
      throw error;
    }
  }

  async #identify(socket: Socket, session: GatewaySession, dialled: Dialled): Promise<void> {
    const protocol = await sniffed(socket, this.#limits.firstBytes);
    switch (protocol) {
      case 'tls':
        return this.#endTls(socket, session, dialled);
      case 'http':
        this.#peers.set(socket, { session, dialled });
        this.#http.emit('connection', socket);
        return;
      case 'other':
        session.refusedProtocol(dialled.host, dialled.port);
        socket.destroy();
        return;
      case 'silent':
        session.notice(
          `a connection to ${dialled.host}:${dialled.port} said nothing and was closed (GATEWAY_NOT_HTTP)`,
        );
        socket.destroy();
        return;
      case 'closed':
        socket.destroy();
    }
  }

  /** A server for one connection, since the name for a client that sends no SNI is this connection's alone. */
  #endTls(socket: Socket, session: GatewaySession, dialled: Dialled): void {
    const fallback = this.#authority.leaf(dialled.host);
    const server = createTlsServer({
      cert: fallback.certificatePem,
      key: fallback.keyPem,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: this.#limits.firstBytes,
      SNICallback: (name, done) => {
        const host = validHost(name);
        if (host === undefined) done(new Error('the server name is no host name'));
        else done(null, this.#authority.leaf(host).context);
      },
    });
    server.on('secureConnection', secure => {
      const host = validHost(secure.servername || '') ?? dialled.host;
      this.accept(secure, session, { scheme: 'https', host, port: dialled.port });
    });
    server.on('tlsClientError', (error, secure) => {
      const name = validHost(secure.servername || '') ?? dialled.host;
      // A connection that is merely dropped is a client that changed its mind; an alert says what it did not like.
      if (errnoOf(error)?.startsWith('ERR_SSL_') ?? false) {
        const alert = 'reason' in error && typeof error.reason === 'string' ? error.reason : 'TLS alert';
        session.notice(`the client refused the certificate for ${name}: ${alert} (GATEWAY_TLS_REFUSED)`);
      }
      socket.destroy();
    });
    server.emit('connection', socket);
  }

  /** CONNECT (RFC 9110 9.3.6), by clients that were told of a proxy: the tunnel ends here too. */
  #tunnel(authority: string, socket: Socket, head: Buffer): void {
    const peer = this.#peers.get(socket);
    const target = parseAuthority(authority);
    if (peer === undefined || target?.port === undefined) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    this.accept(socket, peer.session, { scheme: 'http', host: target.host, port: target.port });
  }
}
