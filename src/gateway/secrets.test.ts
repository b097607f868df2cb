import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayWorld } from '../../testkit/hostile/index.ts';

let world: GatewayWorld;
beforeEach(async () => {
  world = await GatewayWorld.open();
});
afterEach(() => world.close());

/** Everything that a session leaves behind, as text. */
async function traces(result: unknown): Promise<string> {
  const seen = new WeakSet();
  const problem = JSON.stringify(result, (_name, value: unknown) => {
    if (value instanceof Error) return [Object.entries(value), value.message, value.stack, value.cause];
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return undefined;
    seen.add(value);
    return value;
  });
  const parts = [problem, JSON.stringify(world.events)];
  for (const entry of await readdir(world.directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) parts.push((await readFile(join(entry.parentPath, entry.name))).toString('latin1'));
  return parts.join('\n');
}

it('no credential reaches exchanges, store, notices or events, and replay needs none', async () => {
  const cdn = encodeURIComponent(`http://cdn.test:${world.hostile.port}`);
  const signedPlain = encodeURIComponent('/ok?file=1&X-Goog-Signature=sign-secret&X-Goog-Date=date-secret');
  world.hostile.pages.set('/linked', (_request, response) => {
    response.setHeader('link', '</next?page=2&access_token=link-secret>; rel="next"');
    response.end('page 1');
  });
  world.hostile.pages.set('/moved', (_request, response) => {
    // 301 does not collapse: its target is recorded.
    response
      .writeHead(301, { location: '/by-token?file=2&token=moved-secret' })
      .end('see token=moved-secret');
  });
  world.hostile.pages.set('/secret-page', (_request, response) => response.writeHead(500).end());
  const visit = (replaying: boolean) => async () => {
    const secret = (text: string) => (replaying ? 'something-else' : text);
    const authorization = `Basic ${Buffer.from(secret('user:basic-secret')).toString('base64')}`;
    const answers = [
      await world.get('/private', replaying ? {} : { headers: { authorization } }),
      await world.get(
        '/ok',
        replaying ? {} : { headers: { cookie: 'session=cookie-secret', 'private-token': 'header-secret' } },
      ),
      await world.get(`/by-token?file=1&token=${secret('query-secret')}`),
      await world.get(`/echo2?password=${secret('query-secret')}`),
      await world.get(`/download?cdn=${cdn}`),
      await world.get(`/redirect?to=${signedPlain}`),
      await world.get('/linked'),
      await world.get('/moved'),
    ];
    const moved = answers.at(-1)?.headers.location ?? '';
    answers.push(await world.ask(new URL(moved, world.url('/')).href));
    return answers.map(({ status, body }) => `${status} ${body.toString()}`);
  };
  let live: string[] = [];
  const result = await world.during('record', async () => (live = await visit(false)()));
  expect(result.problem).toBeUndefined();
  expect(live[2]).toBe('200 for the bearer');
  expect(live.at(-1)).toBe('200 for the bearer');
  const left = await traces(result);
  expect(left).toContain('REDACTED');
  const basic = Buffer.from('user:basic-secret').toString('base64');
  for (const secret of ['-secret', basic, 'X-Amz-Date=1']) expect(left).not.toContain(secret);

  let replayed: string[] = [];
  const again = await world.during('replay', async () => (replayed = await visit(true)()), result.exchanges);
  expect(again.problem).toBeUndefined();
  expect(replayed).toEqual(live);
});

it('a failure names the URL without its credentials', async () => {
  const result = await world.during('record', () => world.get('/unavailable?access_token=query-secret'));
  expect(result.problem?.message).toContain('access_token=REDACTED');
  expect(await traces(result)).not.toContain('query-secret');
});

it('a cookie is passed to the client of a live answer and not recorded', async () => {
  const { exchanges } = await world.during('record', async () => {
    expect((await world.get('/ok')).headers['set-cookie']).toEqual(['visitor=cookie-secret']);
  });
  await world.during(
    'replay',
    async () => expect((await world.get('/ok')).headers['set-cookie']).toBeUndefined(),
    exchanges,
  );
});
