import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StoredFile } from './archive.ts';

/** What the server does wrong when asked to. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The whole length is announced, half of the bytes are sent, the connection breaks. */
  | { readonly kind: 'truncate' }
  /** One bit of the body is turned; length and headers are right. */
  | { readonly kind: 'flip' };

/** What a path leads to. A redirect is to a path below the server's root, without its first slash. */
export interface ServedFiles {
  get(path: string): StoredFile | { readonly redirect: string } | undefined;
}

interface ArmedFault {
  readonly path: RegExp;
  readonly fault: Fault;
  left: number;
}

export interface SeenRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
}

/** An archive's web server: GET and HEAD, ranges, conditional requests; RFC 9110. */
export class ArchiveServer {
  /** Base URL with a final slash. */
  readonly url: string;
  /** Every request since the start, in order. */
  readonly requests: SeenRequest[];
  readonly #server: Server;
  readonly #faults: ArmedFault[];

  private constructor(server: Server, requests: SeenRequest[], faults: ArmedFault[]) {
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}/`;
    this.requests = requests;
    this.#server = server;
    this.#faults = faults;
  }

  static async start(files: ServedFiles, port = 0): Promise<ArchiveServer> {
    const requests: SeenRequest[] = [];
    const faults: ArmedFault[] = [];
    const server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, headers });
      const path = decodeURIComponent(url.replace(/[?#].*$/, ''))
        .replaceAll(/\/(\.?\/)+/g, '/')
        .slice(1);
      answer(request, response, files.get(path), takeFault(faults, path));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new ArchiveServer(server, requests, faults);
  }

  /** From now on, `times` requests for a path that matches go wrong. */
  fail(path: RegExp, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.push({ path, fault, left: times });
  }

  /** From now on, so many requests are answered that they come too fast. @param seconds that a client must wait */
  throttle(times: number, seconds = 0): void {
    const headers = { 'retry-after': String(seconds) };
    this.fail(/(?:)/, { kind: 'status', status: 429, headers }, times);
  }

  /** Nothing goes wrong any more. */
  repair(): void {
    this.#faults.length = 0;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function takeFault(faults: readonly ArmedFault[], path: string): Fault | undefined {
  const armed = faults.find(({ path: pattern, left }) => left > 0 && pattern.test(path));
  if (armed === undefined) return undefined;
  armed.left--;
  return armed.fault;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  file: ReturnType<ServedFiles['get']>,
  fault: Fault | undefined,
): void {
  if (fault?.kind === 'status') {
    send(request, response, fault.status, fault.headers ?? {}, Buffer.from(`status ${fault.status}\n`));
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(request, response, 405, { allow: 'GET, HEAD' }, Buffer.alloc(0));
    return;
  }
  if (file === undefined) {
    send(request, response, 404, {}, Buffer.from('Not Found\n'));
    return;
  }
  if ('redirect' in file) {
    send(request, response, 302, { location: `/${encodeURI(file.redirect)}` }, Buffer.alloc(0));
    return;
  }
  const headers = { 'last-modified': file.modified.toUTCString(), 'accept-ranges': 'bytes' };
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  if (since >= Math.floor(file.modified.getTime() / 1000) * 1000) {
    response.writeHead(304, headers).end();
    return;
  }
  if (fault?.kind === 'truncate') {
    response.writeHead(200, { ...headers, 'content-length': file.bytes.byteLength });
    const half = file.bytes.subarray(0, Math.floor(file.bytes.byteLength / 2));
    response.write(half, () => request.socket.destroy());
    return;
  }
  sendRange(request, response, headers, fault?.kind === 'flip' ? flipped(file.bytes) : file.bytes);
}

function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  bytes: Buffer,
): void {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const condition = request.headers['if-range'];
  if (match === null || (condition !== undefined && condition !== headers['last-modified'])) {
    send(request, response, 200, headers, bytes);
    return;
  }
  const start = Number(match[1]);
  const end = Math.min(match[2] ? Number(match[2]) : Infinity, bytes.byteLength - 1);
  if (start > end) {
    const range = `bytes */${bytes.byteLength}`;
    send(request, response, 416, { ...headers, 'content-range': range }, Buffer.alloc(0));
    return;
  }
  const range = `bytes ${start}-${end}/${bytes.byteLength}`;
  send(request, response, 206, { ...headers, 'content-range': range }, bytes.subarray(start, end + 1));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): void {
  response.writeHead(status, { ...headers, 'content-length': body.byteLength });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = Math.floor(copy.byteLength / 2);
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}
