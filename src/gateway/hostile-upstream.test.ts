import { afterEach, describe, expect, it } from 'vitest';
import { GatewayWorld, type Answer } from '../../testkit/hostile/index.ts';
import type { GatewayLimits } from './index.ts';

let world: GatewayWorld;
afterEach(() => world.close());

const quick: Partial<GatewayLimits> = {
  headers: 300,
  idle: 300,
  connect: 1000,
  bodyBytes: 20_000_000,
  finish: 2000,
};

async function open(limits: Partial<GatewayLimits> = {}): Promise<void> {
  world = await GatewayWorld.open({ limits: { ...quick, ...limits } });
}

const text = ({ status, body }: Answer) => `${status} ${body.toString()}`;

describe('answers that say "not now"', () => {
  it('503 is asked again with growing pauses and only the answer that follows is recorded', async () => {
    await open();
    const { exchanges, problem } = await world.during('record', async () =>
      expect(text(await world.get('/flaky?failures=3'))).toBe('200 well again'),
    );
    expect(world.pauses).toEqual([500, 1000, 2000]);
    expect(problem).toBeUndefined();
    expect(exchanges.map(({ responses }) => responses.map(({ status }) => status))).toEqual([[200]]);
  });

  it('429 waits as long as Retry-After says', async () => {
    await open();
    const { problem } = await world.during('record', async () =>
      expect(text(await world.get('/busy?after=7'))).toBe('200 not so busy now'),
    );
    expect([world.pauses, problem]).toEqual([[7000], undefined]);
  });

  it('a Retry-After of hours is not waited for', async () => {
    await open();
    const { problem } = await world.during('record', async () =>
      expect((await world.get('/busy?after=7200')).status).toBe(503),
    );
    expect([world.pauses, problem?.exit]).toEqual([[], 5]);
    expect(problem?.message).toContain('7200 s');
  });

  it.each([500, 502, 503, 504])('%i to the end fails the session and is not recorded', async status => {
    await open();
    const { exchanges, problem } = await world.during('record', async () => {
      const answer = await world.get(`/unavailable?status=${status}`);
      expect(answer.status).toBe(status === 503 ? 503 : 502);
      expect(answer.body.toString()).toContain('GATEWAY_UPSTREAM_STATUS');
    });
    expect(exchanges).toEqual([]);
    expect(problem).toMatchObject({
      code: 'GATEWAY_UPSTREAM_STATUS',
      exit: 5,
      where: { file: 'Dockerfile', line: 3 },
    });
    expect(problem?.message).toContain(`/unavailable?status=${status}`);
    expect(problem?.message).toContain('step 0/2');
    expect(world.hostile.requests).toHaveLength(5);
  });

  it('a client that retries after the failure and succeeds takes the failure back', async () => {
    await open({ attempts: 2 });
    const { problem, exchanges } = await world.during('record', async () => {
      expect((await world.get('/flaky?failures=3')).status).toBe(503);
      expect((await world.get('/flaky?failures=3')).status).toBe(503);
      expect((await world.get('/flaky?failures=3')).status).toBe(200);
    });
    expect([problem, exchanges.length]).toEqual([undefined, 1]);
    // The second and third time it was asked once each: two rounds of pauses would outlast the client.
    expect(world.pauses).toHaveLength(1);
  });

  it('401 and 403 are passed on whole; a success with credentials is what is recorded', async () => {
    await open();
    const { exchanges, problem, notices } = await world.during('record', async () => {
      const refused = await world.get('/private');
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Basic realm="hostile"']);
      expect(text(await world.get('/private', { headers: { authorization: 'Basic eDp5' } }))).toBe(
        '200 for you',
      );
      expect(text(await world.get('/forbidden'))).toBe('403 no\n');
    });
    expect(problem).toBeUndefined();
    expect(exchanges.map(({ key }) => key.url)).toEqual([world.url('/private')]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('/forbidden answered 403');
    const replay = await world.during(
      'replay',
      async () => expect(text(await world.get('/private'))).toBe('200 for you'),
      exchanges,
    );
    expect(replay.problem).toBeUndefined();
  });
});

describe('broken answers are never recorded', () => {
  it.each(['/truncated', '/truncated-chunks', '/stalls'])('%s breaks the client too', async path => {
    await open();
    const { exchanges, problem } = await world.during('record', async () => {
      const answer = await world.get(path);
      expect([answer.status, answer.broken]).toEqual([200, true]);
    });
    expect(exchanges).toEqual([]);
    expect(problem).toMatchObject({ code: 'GATEWAY_UPSTREAM_BROKEN', exit: 5 });
  });

  it('more bytes than promised are not part of the answer', async () => {
    await open();
    const { exchanges } = await world.during('record', async () =>
      expect(text(await world.get('/too-long'))).toBe('200 01234'),
    );
    expect(exchanges[0]?.responses[0]?.body?.size).toBe(5);
  });

  it.each(['/garbage', '/two-lengths', '/header-flood', '/silent'])(
    '%s is a failure of upstream',
    async path => {
      await open();
      const { exchanges, problem } = await world.during('record', async () =>
        expect((await world.get(path)).status).toBe(502),
      );
      expect([exchanges, problem?.exit]).toEqual([[], 5]);
    },
  );

  it('a connection that is reset before the answer is tried again, for requests without effect', async () => {
    await open();
    const get = await world.during('record', async () =>
      expect(text(await world.get('/resets'))).toBe('200 third time lucky'),
    );
    expect(get.problem).toBeUndefined();
    const post = await world.during('record', async () =>
      expect((await world.get('/resets?2', { method: 'POST', body: 'pay' })).status).toBe(502),
    );
    expect([post.problem?.code, world.hostile.count('/resets?2')]).toEqual([
      'GATEWAY_UPSTREAM_UNREACHABLE',
      1,
    ]);
  });

  it('an endless body stops at the limit', async () => {
    await open();
    const { exchanges, problem } = await world.during('record', async () =>
      expect((await world.get('/endless')).broken).toBe(true),
    );
    expect([exchanges, problem?.code]).toEqual([[], 'GATEWAY_UPSTREAM_LIMIT']);
  });

  it('an upstream that is not there fails the session', async () => {
    await open();
    const { problem } = await world.during('record', async () => {
      const { status, body } = await world.ask('http://up.test:1/');
      // What is piped into a shell is no command.
      expect([status, body.toString()]).toEqual([502, expect.stringMatching(/^# holdfast: .*\n$/)]);
    });
    expect(problem).toMatchObject({ code: 'GATEWAY_UPSTREAM_UNREACHABLE', exit: 5 });
  });
});

describe('clients that go away or stop reading', () => {
  it('a download whose client left is recorded whole before the session ends', async () => {
    await open();
    const session = world.session('record');
    const answer = await world.get('/big?size=5000000', { stopAfter: 1000 });
    expect(answer.broken).toBe(true);
    const { exchanges, problem } = await session.finish();
    expect(problem).toBeUndefined();
    expect(exchanges[0]?.responses[0]?.body?.size).toBe(5_000_000);
  });

  it('one that never completes is given up, and is a problem', async () => {
    await open({ finish: 100, idle: 60_000 });
    const session = world.session('record');
    await world.get('/stalls', { stopAfter: 1 });
    const { exchanges, problem } = await session.finish();
    expect([exchanges, problem?.code]).toEqual([[], 'GATEWAY_UPSTREAM_BROKEN']);
  });

  it('a client that stalls holds up no other and still gets every byte', async () => {
    await open({ stall: 50, bodyBytes: 100_000_000 });
    const { exchanges, problem } = await world.during('record', async () => {
      const slow = await world.unread('/big?size=40000000');
      const other = await world.get('/big?size=40000000');
      expect(other.body).toHaveLength(40_000_000);
      const pieces: Buffer[] = [];
      for await (const piece of slow()) pieces.push(piece);
      const all = Buffer.concat(pieces);
      expect(all.equals(other.body)).toBe(true);
    });
    expect([problem, exchanges.length, world.hostile.requests.length]).toEqual([undefined, 1, 1]);
  });
});

describe('redirects', () => {
  it('plain ones are the client’s to follow, in circles too', async () => {
    await open();
    await world.during('record', async () => {
      const answer = await world.get('/redirect?to=%2Fredirect');
      expect([answer.status, answer.headers.location]).toEqual([302, '/redirect']);
    });
    expect(world.hostile.requests).toHaveLength(1);
  });

  it('signed ones collapse into the first URL', async () => {
    await open();
    const cdn = `http://cdn.test:${world.hostile.port}`;
    const path = `/download?cdn=${encodeURIComponent(cdn)}`;
    const ask = () =>
      world.get(path, { headers: { authorization: 'Bearer b', 'x-auth-token': 't', accept: '*/*' } });
    const { exchanges, problem } = await world.during('record', async () => {
      const answer = await ask();
      expect([text(answer), answer.headers.location, answer.headers.etag]).toEqual([
        '200 the signed bytes',
        undefined,
        '"cdn"',
      ]);
    });
    expect(problem).toBeUndefined();
    expect(exchanges.map(({ key, responses }) => [key.url, responses[0]?.status])).toEqual([
      [world.url(path), 200],
    ]);
    const [first, second] = world.hostile.requests;
    expect([first?.headers.authorization, second?.headers.authorization]).toEqual(['Bearer b', undefined]);
    expect([second?.headers['x-auth-token'], second?.headers.accept]).toEqual([undefined, '*/*']);
  });

  it.each(['/signed-loop', '/signed-hops'])('%s ends', async path => {
    await open();
    const { problem } = await world.during('record', async () =>
      expect((await world.get(path)).status).toBe(502),
    );
    expect(problem?.code).toBe('GATEWAY_REDIRECT_LOOP');
    expect(world.hostile.requests.length).toBeLessThan(15);
  });

  it.each([
    'http://127.0.0.1:1/?sig=1',
    'http://localhost:1/?sig=1',
    'http://[::1]:1/?sig=1',
    'http://[::ffff:127.0.0.1]:1/?sig=1',
    'http://0x7f.1:1/?sig=1',
    'http://169.254.169.254/latest/meta-data?token=1',
  ])('to %s is refused to a public name', async target => {
    // The hostile server is the host's proxy, so that a public name needs no name server.
    world = await GatewayWorld.open(({ port }) => ({
      limits: quick,
      environment: { HTTP_PROXY: `http://127.0.0.1:${port}` },
    }));
    world.hostile.pages.set('/', (_request, response) => response.writeHead(302, { location: target }).end());
    const { problem } = await world.during('record', async () =>
      expect((await world.ask('http://public.test/')).status).toBe(502),
    );
    expect(problem?.code).toBe('GATEWAY_ADDRESS_REFUSED');
    expect(problem?.message).not.toContain('token=1');
  });

  it('a name that resolves to this machine is refused unless it was added', async () => {
    await open();
    const { problem } = await world.during('record', async () => {
      expect((await world.ask(`http://localhost:${world.hostile.port}/ok`)).status).toBe(502);
      expect((await world.ask(`http://127.0.0.1:${world.hostile.port}/ok`)).status).toBe(502);
    });
    expect(problem).toMatchObject({ code: 'GATEWAY_ADDRESS_REFUSED', exit: 5 });
    expect(world.hostile.requests).toEqual([]);
  });
});
