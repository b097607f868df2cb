import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** How often this URL was asked for, this time included. */
  readonly count: number;
}

const numberIn = (url: URL, name: string, otherwise: number) =>
  Number(url.searchParams.get(name) ?? otherwise);

/** `size` bytes that do not repeat, from a name: the same ones each time. */
export function* patternBytes(size: number, name = 'pattern'): Generator<Buffer> {
  const block = createHash('sha512').update(name).digest();
  for (let sent = 0, n = 0; sent < size; n++) {
    const chunk = Buffer.alloc(Math.min(64 * 1024, size - sent), block);
    chunk.writeUInt16BE(n & 0xffff, 0);
    sent += chunk.length;
    yield chunk.subarray(0, Math.min(chunk.length, size));
  }
}

async function writeAll({ response }: Visit, chunks: Iterable<Buffer>): Promise<void> {
  for (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk))
      await new Promise<void>(done => {
        const onward = () => {
          response.off('drain', onward).off('close', onward);
          done();
        };
        response.on('drain', onward).on('close', onward);
      });
  }
  response.end();
}

/** What the server does, by path. */
export const behaviours: Readonly<Record<string, (visit: Visit) => void>> = {
  '/ok': ({ response }) => {
    response.setHeader('etag', '"one"');
    response.setHeader('last-modified', 'Wed, 01 Jan 2025 00:00:00 GMT');
    response.setHeader('content-type', 'text/plain');
    response.setHeader('set-cookie', 'visitor=cookie-secret');
    response.setHeader('x-request-id', String(Math.random()));
    response.end('0123456789abcdefghij');
  },
  '/gone': ({ response }) => response.writeHead(410).end('gone\n'),
  '/empty': ({ response }) => response.writeHead(200, { 'content-length': 0 }).end(),
  '/no-content': ({ response }) => response.writeHead(204).end(),
  '/big': visit => {
    const size = numberIn(visit.url, 'size', 1_000_000);
    visit.response.setHeader('content-length', size);
    void writeAll(visit, patternBytes(size));
  },
  '/chunked': visit => void writeAll(visit, patternBytes(numberIn(visit.url, 'size', 300_000))),
  '/echo': ({ request, response }) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: request.method, url: request.url }));
  },
  '/by-accept': ({ request, response }) => response.end(`as ${request.headers.accept ?? 'anything'}`),
  '/changing': ({ response, count }) => response.end(`answer ${count}`),
  /** Says "wait" until asked a third time. */
  '/poll': ({ response, count }) => response.end(count < 3 ? 'wait' : 'done'),
  '/flaky': ({ response, url, count }) => {
    if (count <= numberIn(url, 'failures', 2)) response.writeHead(503).end('try later\n');
    else response.end('well again');
  },
  '/busy': ({ response, url, count }) => {
    if (count === 1) response.writeHead(429, { 'retry-after': url.searchParams.get('after') ?? '7' }).end();
    else response.end('not so busy now');
  },
  '/unavailable': ({ response, url }) => response.writeHead(numberIn(url, 'status', 503)).end('never\n'),
  '/resets': ({ request, count, response }) => {
    if (count <= 2) request.socket.resetAndDestroy();
    else response.end('third time lucky');
  },
  '/silent': () => undefined,
  /** Sends half of what it promised and then nothing. */
  '/stalls': ({ response }) => {
    response.writeHead(200, { 'content-length': 100_000 });
    response.write(Buffer.alloc(50_000));
  },
  '/truncated': ({ response, request }) => {
    response.writeHead(200, { 'content-length': 100_000 });
    response.write(Buffer.alloc(50_000), () => request.socket.end());
  },
  '/truncated-chunks': ({ response, request }) => {
    response.write(Buffer.alloc(50_000), () => request.socket.end());
  },
  /** Five bytes promised, ten sent. */
  '/too-long': ({ request }) => {
    request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n0123456789');
  },
  '/two-lengths': ({ request }) => {
    request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 10\r\n\r\n0123456789');
  },
  '/garbage': ({ request }) => request.socket.end('this is not HTTP at all\r\n\r\n'),
  /** Packs although it was asked not to. */
  '/packed': ({ response }) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync('packed'));
  },
  '/wrong-encoding': ({ response }) => {
    response.setHeader('content-encoding', 'gzip');
    response.end('this was never packed');
  },
  '/endless': visit => void writeAll(visit, patternBytes(Infinity)),
  '/header-flood': ({ request }) => {
    request.socket.on('error', () => undefined);
    request.socket.write('HTTP/1.1 200 OK\r\n');
    const flood = () => {
      for (let n = 0; n < 2000 && request.socket.writable; n++)
        request.socket.write(`X-Flood-${n}: ${'x'.repeat(200)}\r\n`);
    };
    flood();
  },
  '/redirect': ({ response, url }) => {
    const location = url.searchParams.get('to') ?? '/ok';
    const status = numberIn(url, 'status', 302);
    response.writeHead(status, { location }).end(`<a href="${location}">moved</a>`);
  },
  /** As a download page that sends to a CDN: a new signature each time. */
  '/download': ({ response, url, count }) => {
    const query = `X-Amz-Date=${count}&X-Amz-Signature=sign-secret-${count}`;
    const location = `${url.searchParams.get('cdn') ?? ''}/cdn?${query}`;
    response
      .writeHead(302, { location, 'set-cookie': 'download=cookie-secret' })
      .end(`<a href="${location}">here</a>`);
  },
  '/cdn': ({ response, url }) => {
    if (!url.searchParams.get('X-Amz-Signature')?.startsWith('sign-secret'))
      response.writeHead(403).end('unsigned\n');
    else response.setHeader('etag', '"cdn"').end('the signed bytes');
  },
  '/signed-loop': ({ response }) => response.writeHead(302, { location: '/signed-loop?sig=again' }).end(),
  '/signed-hops': ({ response, url }) => {
    const hop = numberIn(url, 'hop', 0) + 1;
    response.writeHead(307, { location: `/signed-hops?hop=${hop}&sig=hop-secret` }).end();
  },
  /** Wants Basic credentials, and says so first. */
  '/private': ({ request, response }) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="hostile"' }).end('who are you\n');
    else response.end('for you');
  },
  '/forbidden': ({ response }) => response.writeHead(403).end('no\n'),
  '/by-token': ({ response, url }) => {
    if (url.searchParams.has('token')) response.end('for the bearer');
    else response.writeHead(403).end();
  },
};
