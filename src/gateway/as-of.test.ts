import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayWorld } from '../../testkit/hostile/index.ts';
import { sha256, upstreamError } from '../core/index.ts';
import type { AnswerAsOf } from './as-of.ts';

let world: GatewayWorld;
beforeEach(async () => {
  world = await GatewayWorld.open({ limits: { attempts: 2 } });
  const seen: (string | undefined)[] = [];
  world.hostile.pages.set('/index', (request, response) => {
    seen.push(request.headers['accept'], request.headers.authorization);
    response.writeHead(200, { 'content-type': 'text/plain', etag: '"now"' });
    response.end('old new');
  });
  world.hostile.pages.set('/seen', (_request, response) => response.end(JSON.stringify(seen)));
});
afterEach(() => world.close());

const asOf: AnswerAsOf = async ({ key }, fetch) => {
  if (!key.url.endsWith('/index')) return undefined;
  const now = await fetch(key.url, { accept: 'text/dates' });
  const body = now.body.toString().replace(' new', '');
  return { status: 200, headers: [['Content-Type', 'text/plain']], body: Buffer.from(body) };
};

it('a new index is answered and recorded as it was, a locked one stays', async () => {
  const session = world.session('extend', [], { asOf });
  const authorization = 'Basic c2VjcmV0';
  expect((await world.get('/index', { headers: { authorization } })).body.toString()).toBe('old');
  expect((await world.get('/index?other')).body.toString()).toBe('old new');
  const { exchanges, problem } = await session.finish();
  expect(problem).toBeUndefined();
  const locked = exchanges.find(({ key }) => key.url.endsWith('/index'));
  expect(locked?.responses).toEqual([
    { status: 200, headers: [['content-type', 'text/plain']], body: { digest: sha256('old'), size: 3 } },
  ]);
  expect(JSON.parse((await seen()).toString())).toEqual(['text/dates', authorization, null, null]);

  const again = world.session('extend', exchanges, { asOf: () => Promise.reject(new Error('asked again')) });
  expect((await world.get('/index')).body.toString()).toBe('old');
  expect((await again.finish()).problem).toBeUndefined();
});

async function seen(): Promise<Buffer> {
  const session = world.session('record');
  const { body } = await world.get('/seen');
  await session.finish();
  return body;
}

it('without a lock, and in a build from one, the date is not asked for', async () => {
  const unasked: AnswerAsOf = () => Promise.reject(new Error('asked'));
  const recording = world.session('record', [], { asOf: unasked });
  expect((await world.get('/index')).body.toString()).toBe('old new');
  expect((await recording.finish()).problem).toBeUndefined();
  const replay = world.session('replay', [], { asOf: unasked });
  expect((await world.get('/index')).status).toBe(504);
  expect((await replay.finish()).problem?.code).toBe('LOCK_MISSING_EXCHANGE');
});

it('what did not exist on the date is told apart from what does not exist', async () => {
  const session = world.session('extend', [], {
    asOf: async ({ key }, fetch) => {
      await fetch(key.url);
      return { status: 404, headers: [], body: Buffer.from('no such name') };
    },
  });
  expect((await world.get('/index')).status).toBe(404);
  expect((await world.get('/nothing')).status).toBe(404);
  expect((await session.finish()).absent).toEqual([world.url('/index')]);
});

it('a past that cannot be had fails the step, even if the client goes on', async () => {
  const session = world.session('extend', [], {
    asOf: () => Promise.reject(upstreamError('AS_OF_UNAVAILABLE', 'no snapshot', { next: 'Wait.' })),
  });
  expect((await world.get('/index')).status).toBe(502);
  expect((await session.finish()).problem).toMatchObject({
    code: 'AS_OF_UNAVAILABLE',
    exit: 5,
    next: 'Wait.',
  });
});

it('bytes that are gone come from another place, and it is told of', async () => {
  world.hostile.pages.set('/copy', (request, response) => {
    expect(request.headers.authorization).toBeUndefined();
    response.end('the bytes');
  });
  const places = { sources: () => [world.url('/no-copy'), world.url('/copy')] };
  const recording = world.session('extend', [], places);
  const headers = { authorization: 'Basic c2VjcmV0' };
  expect((await world.get('/gone', { headers })).body.toString()).toBe('the bytes');
  const { exchanges, notices } = await recording.finish();
  expect(exchanges[0]?.key.url).toBe(world.url('/gone'));
  expect(notices.join('\n')).toContain(`was fetched from ${world.url('/copy')}`);

  // The store loses it: only the very bytes of the lock are taken back.
  await rm(world.store.pathOf(sha256('the bytes')));
  world.hostile.pages.set('/no-copy', (_request, response) => response.end('something else'));
  const healing = world.session('extend', exchanges, places);
  expect((await world.get('/gone')).body.toString()).toBe('the bytes');
  const healed = await healing.finish();
  expect(healed.problem).toBeUndefined();
  expect(healed.exchanges).toEqual(exchanges);
  expect(healed.notices.join('\n')).toContain('/no-copy does not serve');
});
