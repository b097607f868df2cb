import { rm, truncate, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayWorld } from '../../testkit/hostile/index.ts';
import type { Exchange } from '../kinds/index.ts';

let world: GatewayWorld;
let exchanges: readonly Exchange[];
let path: string;
beforeEach(async () => {
  world = await GatewayWorld.open();
  ({ exchanges } = await world.during('record', () => world.get('/big?size=3000000')));
  path = world.store.pathOf(exchanges[0]!.responses[0]!.body!.digest);
});
afterEach(() => world.close());

/** `broken` where the client could not take the answer for a whole one. */
async function replay(headers: Record<string, string> = {}) {
  let broken = true;
  const visit = async () => {
    const answer = await world.get('/big?size=3000000', { headers }).catch(() => undefined);
    broken = answer?.broken ?? true;
  };
  const { problem } = await world.during('replay', visit, exchanges);
  return { problem, broken };
}

it.each([
  ['the whole', {}],
  ['a range far from the flipped bit', { range: 'bytes=0-10' }],
  ['several ranges', { range: 'bytes=0-10,20-30' }],
])('a flipped bit breaks the connection before the body is complete: %s', async (_name, headers) => {
  const bytes = await world.store.readBytes(exchanges[0]!.responses[0]!.body!.digest);
  bytes[2_999_999]! ^= 1;
  await writeFile(path, bytes);
  const { problem, broken } = await replay(headers);
  expect(broken).toBe(true);
  expect(problem).toMatchObject({
    code: 'STORE_BLOB_CORRUPT',
    exit: 4,
    where: { file: 'Dockerfile', line: 3 },
  });
  expect(problem?.message).toContain('/big?size=3000000');
});

it('so does a short file', async () => {
  await truncate(path, 1_000_000);
  const { problem, broken } = await replay();
  expect([problem?.exit, broken]).toEqual([4, true]);
});

it('so does one that is gone', async () => {
  await rm(path);
  const { problem, broken } = await replay();
  expect([problem?.code, broken]).toEqual(['STORE_BLOB_MISSING', true]);
});

it('a blob that changes between two ranges is hashed again', async () => {
  const session = world.session('replay', exchanges);
  const headers = { range: 'bytes=0-10' };
  expect((await world.get('/big?size=3000000', { headers })).status).toBe(206);
  expect((await world.get('/big?size=3000000', { headers })).status).toBe(206);
  await writeFile(path, Buffer.alloc(3_000_000));
  const third = await world.get('/big?size=3000000', { headers }).catch(() => undefined);
  expect(third?.broken ?? true).toBe(true);
  expect((await session.finish()).problem?.exit).toBe(4);
});
