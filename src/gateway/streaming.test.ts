import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayWorld } from '../../testkit/hostile/index.ts';

let world: GatewayWorld;
beforeEach(async () => {
  world = await GatewayWorld.open();
});
afterEach(() => world.close());

it('a client gets bytes while upstream still sends', async () => {
  let letGo = () => {};
  world.hostile.pages.set('/halves', (_request, response) => {
    response.writeHead(200, { 'content-length': 20 });
    response.write('first half');
    letGo = () => response.end('other half');
  });
  const { exchanges } = await world.during('record', async () => {
    const pieces: string[] = [];
    for await (const piece of (await world.unread('/halves'))()) {
      pieces.push(piece.toString());
      // Upstream goes on only when the client has had the beginning.
      if (pieces.length === 1) letGo();
    }
    expect(pieces).toEqual(['first half', 'other half']);
  });
  expect(exchanges[0]?.responses[0]?.body?.size).toBe(20);
});

it('what a client has got whole is recorded already', async () => {
  const session = world.session('record');
  const { body } = await world.get('/big?size=100000');
  const replayed = await session.finish();
  expect(replayed.exchanges[0]?.responses[0]?.body?.size).toBe(body.length);
});

it('memory does not grow with the body, recorded or replayed', async () => {
  const size = 300_000_000;
  const path = `/big?size=${size}`;
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  let most = 0;
  const visit = async () => {
    let seen = 0;
    for await (const piece of (await world.unread(path))()) {
      seen += piece.length;
      most = Math.max(most, held() - before);
    }
    expect(seen).toBe(size);
  };
  const { exchanges, problem } = await world.during('record', visit);
  expect(problem).toBeUndefined();
  expect((await world.during('replay', visit, exchanges)).problem).toBeUndefined();
  // Buffers wait for the garbage collector; a body that is held would be twice this.
  expect(most).toBeLessThan(size / 2);
});
