import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { directDispatcher, type TlsSettings } from './direct.ts';
import { noOpenssl, selfSigned } from './testing/certificates.ts';
import { openWorkspace } from './testing/stores.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const content = createHash('shake256', { outputLength: 3_000_000 }).update('kelp').digest();

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(origin: string, tls: TlsSettings = {}, path = '/') {
  const dispatcher = directDispatcher(tls);
  closing.push(() => dispatcher.destroy());
  const request = { origin, method: 'GET', headers: {} };
  return { dispatcher, request, answer: await dispatcher.request({ ...request, path }) };
}

/** The bytes; each piece is spoilt once it has been taken, as the next one may do. */
async function taken(pieces: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const piece of pieces ?? []) {
    found.push(Buffer.from(piece));
    piece.fill(0);
  }
  return Buffer.concat(found);
}

const whole: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': content.byteLength }).end(content);
};

test('a large body comes whole; its connection serves nobody afterwards', async () => {
  const domain = await listen(createServer(whole));
  const { answer, dispatcher, request } = await ask(`http://${domain}`);
  expect((await taken(answer.lent?.())).equals(content)).toBe(true);
  const again = await dispatcher.request({ ...request, path: '/' });
  expect((await taken(again.lent?.())).equals(content)).toBe(true);
});

test.skipIf(noOpenssl)('over TLS, too', async () => {
  const work = await openWorkspace();
  closing.push(() => work.remove());
  const files = await selfSigned(work.directory, ['IP:127.0.0.1']);
  const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
  const domain = await listen(createHttpsServer({ cert, key }, whole));
  const { answer } = await ask(`https://${domain}`, { roots: [cert] });
  expect((await taken(answer.lent?.())).equals(content)).toBe(true);
});

test('a reader that comes late, and takes its time, misses nothing', async () => {
  const domain = await listen(createServer(whole));
  const { answer } = await ask(`http://${domain}`);
  await new Promise(resolve => setTimeout(resolve, 50));
  const slowly = async function* () {
    for await (const piece of answer.lent?.() ?? []) {
      await new Promise(resolve => setImmediate(resolve));
      yield piece;
    }
  };
  expect((await taken(slowly())).equals(content)).toBe(true);
});

test('small bodies, and those without a length, are Node’s own', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/small') response.setHeader('content-length', 5);
    response.write('small');
    response.end();
  });
  const domain = await listen(server);
  for (const path of ['/small', '/chunked']) {
    const { answer } = await ask(`http://${domain}`, {}, path);
    expect(answer.lent).toBeUndefined();
    expect(await text(answer.body)).toBe('small');
  }
});

test('one that ends early is a broken connection; what came before it is there', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': content.byteLength });
    response.write(content.subarray(0, 2_000_000), () => response.destroy());
  });
  const { answer } = await ask(`http://${await listen(server)}`);
  let length = 0;
  const read = async () => {
    for await (const piece of answer.lent?.() ?? []) length += piece.byteLength;
  };
  await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(2_000_000);
});

test('of one that goes on, no more than it promised; a reader that stops closes the connection', async () => {
  const sockets: Socket[] = [];
  const server = createServer((_, response) => {
    const { socket } = response;
    if (socket) sockets.push(socket);
    socket?.on('error', () => {});
    socket?.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.byteLength}\r\n\r\n`);
    socket?.write(content);
    socket?.write(content);
  });
  const origin = `http://${await listen(server)}`;
  const more = await ask(origin);
  expect((await taken(more.answer.lent?.())).equals(content)).toBe(true);
  const { answer } = await ask(origin);
  for await (const piece of answer.lent?.() ?? []) if (piece.byteLength > 0) break;
  const [, second] = sockets;
  if (second?.destroyed === false) await new Promise(resolve => second.once('close', resolve));
  expect(second?.destroyed).toBe(true);
});
