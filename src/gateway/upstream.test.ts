import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { defaultLimits } from './limits.ts';
import { Upstream } from './upstream.ts';

it('an answer that nobody reads takes little memory', async () => {
  const server = createServer((_request, response) => response.end(Buffer.alloc(8_000_000)));
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const upstream = new Upstream({
    environment: {},
    addHosts: new Map([['big.test', '127.0.0.1']]),
    limits: defaultLimits,
    sleep: milliseconds => sleep(milliseconds),
    now: () => new Date(),
  });
  try {
    const url = new URL(`http://big.test:${(server.address() as AddressInfo).port}/`);
    const signal = new AbortController().signal;
    const { body } = await upstream.ask({ method: 'GET', url, headers: [] }, signal);
    await vi.waitFor(() => expect(body.readableLength).toBeGreaterThan(0));
    // It takes no more, however long upstream is ready to send; one read of the socket may go past the mark.
    await sleep(200);
    expect(body.readableLength).toBeLessThanOrEqual(128 * 1024);
    body.on('error', () => undefined).destroy();
  } finally {
    await upstream.close();
    server.close();
  }
});
