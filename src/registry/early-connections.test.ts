import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { directDispatcher, type Dispatcher } from './direct.ts';
import { earlyConnections } from './early-connections.ts';
import { noOpenssl, selfSigned } from './testing/certificates.ts';
import { openWorkspace, type Workspace } from './testing/stores.ts';

let work: Workspace;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  work = await openWorkspace();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await work.remove();
});

/** Answers only when `width` requests are there, so that none can use the connection of another. */
function atOnce(width: number): RequestListener {
  const waiting: (() => void)[] = [];
  return (_, response) => {
    waiting.push(() => void response.end('kelp'));
    if (waiting.length === width) for (const answer of waiting.splice(0)) answer();
  };
}

async function started(server: Server, event: string) {
  const sockets: Socket[] = [];
  server.on(event, (socket: Socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const connected = async (count: number) => {
    while (sockets.length < count) await once(server, event);
  };
  return { port: (server.address() as AddressInfo).port, sockets, connected };
}

function kept(dispatcher: Dispatcher): Dispatcher {
  closing.push(() => dispatcher.destroy());
  return dispatcher;
}

const ask = async (dispatcher: Dispatcher, origin: string) => {
  const { body } = await dispatcher.request({ origin, path: '/', method: 'GET', headers: {} });
  return text(body);
};

test('what is expected finds its connections there', async () => {
  const server = await started(createHttpServer(atOnce(3)), 'connection');
  const origin = `http://127.0.0.1:${server.port}`;
  const dispatcher = kept(directDispatcher({}));
  dispatcher.expect?.(origin, 3);
  await server.connected(3);
  const answers = await Promise.all([1, 2, 3].map(() => ask(dispatcher, origin)));
  expect(answers).toEqual(['kelp', 'kelp', 'kelp']);
  expect(server.sockets).toHaveLength(3);
});

test.skipIf(noOpenssl)('with TLS, too, and none to a server that is not trusted', async () => {
  const files = await selfSigned(work.directory, ['IP:127.0.0.1']);
  const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
  const server = await started(createHttpsServer({ cert, key }, atOnce(2)), 'secureConnection');
  const origin = `https://127.0.0.1:${server.port}`;
  const trusting = kept(directDispatcher({ roots: [cert] }));
  trusting.expect?.(origin, 2);
  await server.connected(2);
  expect(await Promise.all([1, 2].map(() => ask(trusting, origin)))).toEqual(['kelp', 'kelp']);
  expect(server.sockets).toHaveLength(2);
  const other = kept(directDispatcher({}));
  other.expect?.(origin, 2);
  await expect(ask(other, origin)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

test('one that the server has closed meanwhile is not used', async () => {
  const server = await started(createHttpServer(atOnce(1)), 'connection');
  const origin = `http://127.0.0.1:${server.port}`;
  const dispatcher = kept(directDispatcher({}));
  dispatcher.expect?.(origin, 1);
  await server.connected(1);
  const [first] = server.sockets;
  first?.resetAndDestroy();
  // Until it is known to have gone, a request may still meet it.
  const answer = async () => {
    for (;;) {
      const got = await ask(dispatcher, origin).catch(() => undefined);
      if (got !== undefined) return got;
    }
  };
  expect(await answer()).toBe('kelp');
  expect(server.sockets).toHaveLength(2);
});

test('those that nobody used are closed with the rest', async () => {
  const server = await started(createHttpServer(atOnce(1)), 'connection');
  const dispatcher = directDispatcher({});
  dispatcher.expect?.(`http://127.0.0.1:${server.port}`, 2);
  await server.connected(2);
  const gone = server.sockets.map(socket => once(socket, 'close'));
  await dispatcher.destroy();
  await Promise.all(gone);
});

test('what is not used for a while is closed, and opened anew when it is expected again', async () => {
  const server = await started(createHttpServer(atOnce(1)), 'connection');
  const agent = new Agent({ keepAlive: true });
  closing.push(() => agent.destroy());
  const early = earlyConnections(agent, { keepAlive: true }, 20);
  closing.push(() => early.close());
  early.open('127.0.0.1', server.port, 1);
  await server.connected(1);
  const [first] = server.sockets;
  if (first && !first.destroyed) await once(first, 'close');
  early.open('127.0.0.1', server.port, 1);
  await server.connected(2);
  expect(server.sockets).toHaveLength(2);
});
