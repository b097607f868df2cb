import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayWorld, type Answer } from '../../testkit/hostile/index.ts';
import type { Exchange } from '../kinds/index.ts';

let world: GatewayWorld;
beforeEach(async () => {
  world = await GatewayWorld.open();
});
afterEach(() => world.close());

const text = ({ status, body }: Answer) => `${status} ${body.toString()}`;

async function recorded(visit: () => Promise<unknown>): Promise<readonly Exchange[]> {
  const { exchanges, problem } = await world.during('record', visit);
  expect(problem).toBeUndefined();
  return exchanges;
}

/** What upstream was asked from now on. */
function watchUpstream(): () => number {
  const before = world.hostile.requests.length;
  return () => world.hostile.requests.length - before;
}

describe('what is recorded is replayed', () => {
  it('gives the same status, kept headers and bytes without asking upstream', async () => {
    let live: Answer | undefined;
    const exchanges = await recorded(async () => {
      live = await world.get('/ok');
    });
    const asked = watchUpstream();
    let replayed: Answer | undefined;
    const result = await world.during('replay', async () => (replayed = await world.get('/ok')), exchanges);
    expect(asked()).toBe(0);
    expect(result.problem).toBeUndefined();
    expect(result.exchanges).toEqual(exchanges);
    expect(text(replayed!)).toBe('200 0123456789abcdefghij');
    expect(text(live!)).toBe(text(replayed!));
    expect(exchanges[0]?.responses[0]?.headers).toEqual([
      ['content-type', 'text/plain'],
      ['etag', '"one"'],
      ['last-modified', 'Wed, 01 Jan 2025 00:00:00 GMT'],
    ]);
    expect(replayed!.headers.etag).toBe('"one"');
    // Volatile ones reach no client: they end in caches that end in layers.
    for (const name of ['date', 'x-request-id'])
      expect([live!.headers[name], replayed!.headers[name]]).toEqual([undefined, undefined]);
    expect(world.events.map(({ from, bytes }) => [from, bytes])).toEqual([
      ['upstream', 20],
      ['store', 20],
    ]);
  });

  it('keeps redirects, 404, 410 and answers without a body', async () => {
    const paths = [
      '/redirect',
      '/missing',
      '/gone',
      '/no-content',
      '/empty',
      '/redirect?status=308&to=%2Fgone',
    ];
    const live: string[] = [];
    const exchanges = await recorded(async () => {
      for (const path of paths) live.push(text(await world.get(path)));
    });
    const asked = watchUpstream();
    const replayed: string[] = [];
    await world.during(
      'replay',
      async () => {
        for (const path of paths) replayed.push(text(await world.get(path)));
        expect((await world.get('/redirect')).headers.location).toBe('/ok');
      },
      exchanges,
    );
    expect(replayed).toEqual(live);
    expect(replayed.map(line => line.slice(0, 3))).toEqual(['302', '404', '410', '204', '200', '308']);
    expect(asked()).toBe(0);
  });

  it('tells queries, methods, request bodies and varied headers apart', async () => {
    const visits: [string, Parameters<GatewayWorld['get']>[1]][] = [
      ['/echo?a=1', {}],
      ['/echo?a=2', {}],
      ['/echo?a=1', { method: 'POST', body: 'one' }],
      ['/echo?a=1', { method: 'POST', body: 'two' }],
      ['/echo?a=1', { method: 'DELETE' }],
      ['/by-accept', { headers: { accept: 'text/html' } }],
      ['/by-accept', { headers: { accept: 'application/json' } }],
    ];
    const all = async () => Promise.all(visits.map(async ([path, ask]) => text(await world.get(path, ask))));
    let live: string[] = [];
    const exchanges = await recorded(async () => (live = await all()));
    expect(exchanges).toHaveLength(visits.length);
    let replayed: string[] = [];
    await world.during('replay', async () => (replayed = await all()), exchanges);
    expect(replayed).toEqual(live);
  });

  it('keeps a large request body out of memory, and in no file afterwards', async () => {
    await world.close();
    world = await GatewayWorld.open({ limits: { requestBodyInMemory: 10, requestBodyBytes: 1000 } });
    const exchanges = await recorded(() => world.get('/echo', { method: 'PUT', body: 'x'.repeat(500) }));
    expect(world.hostile.requests[0]?.body).toBe('x'.repeat(500));
    expect(exchanges[0]?.key.body).toMatch(/^sha256:/);
    const { readdir } = await import('node:fs/promises');
    expect((await readdir(world.directory)).filter(name => name.startsWith('request-'))).toEqual([]);
    const session = world.session('record');
    expect((await world.get('/echo', { method: 'PUT', body: 'x'.repeat(2000) })).status).toBe(413);
    await session.finish();
  });
});

describe('the same key asked more than once', () => {
  it('keeps the order of different answers, and repeats the last', async () => {
    const ask = async (count: number) => {
      const bodies: string[] = [];
      for (let n = 0; n < count; n++) bodies.push((await world.get('/poll')).body.toString());
      return bodies;
    };
    let live: string[] = [];
    const exchanges = await recorded(async () => (live = await ask(5)));
    expect(live).toEqual(['wait', 'wait', 'done', 'done', 'done']);
    expect(exchanges[0]?.responses).toHaveLength(3);
    let replayed: string[] = [];
    await world.during('replay', async () => (replayed = await ask(5)), exchanges);
    expect(replayed).toEqual(live);
  });

  it('asks upstream once for requests at the same time', async () => {
    const exchanges = await recorded(async () => {
      const bodies = await Promise.all([1, 2, 3].map(() => world.get('/big?size=3000000')));
      expect(bodies.map(({ body }) => body.length)).toEqual([3_000_000, 3_000_000, 3_000_000]);
    });
    expect(world.hostile.count('/big?size=3000000')).toBe(1);
    expect(exchanges[0]?.responses).toHaveLength(1);
  });

  it('downloads once for HEAD, ranges and the whole', async () => {
    const exchanges = await recorded(async () => {
      const head = await world.get('/big?size=5000', { method: 'HEAD' });
      expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '5000', 0]);
      await world.get('/big?size=5000', { headers: { range: 'bytes=-10' } });
      expect((await world.get('/big?size=5000')).body).toHaveLength(5000);
      await world.get('/big?size=5000', { headers: { range: 'bytes=10-19' } });
    });
    expect(world.hostile.requests.map(({ method }) => method)).toEqual(['GET']);
    expect(exchanges.map(({ key, responses }) => [key.method, responses.length])).toEqual([['GET', 1]]);
  });

  it('asks again when the whole is asked for again', async () => {
    const exchanges = await recorded(async () => {
      expect((await world.get('/changing')).body.toString()).toBe('answer 1');
      expect((await world.get('/changing', { headers: { range: 'bytes=-1' } })).body.toString()).toBe('1');
      expect((await world.get('/changing')).body.toString()).toBe('answer 2');
    });
    expect(exchanges[0]?.responses).toHaveLength(2);
  });
});

describe('modes', () => {
  it('replay refuses what the lock lacks, naming step, URL and remedy', async () => {
    const asked = watchUpstream();
    const session = world.session('replay');
    const answer = await world.get('/ok');
    const { problem, exchanges } = await session.finish();
    expect([answer.status, answer.headers['x-holdfast-code']]).toEqual([504, 'LOCK_MISSING_EXCHANGE']);
    expect(answer.body.toString()).toContain(world.url('/ok'));
    expect(problem).toMatchObject({
      code: 'LOCK_MISSING_EXCHANGE',
      exit: 3,
      where: { file: 'Dockerfile', line: 3 },
    });
    expect(problem?.message).toContain(world.url('/ok'));
    expect(problem?.message).toContain('step 0/2');
    expect(problem?.next).toContain('holdfast lock');
    expect([asked(), exchanges.length]).toEqual([0, 0]);
  });

  it('extend answers from the lock and asks upstream for the rest', async () => {
    const old = await recorded(() => world.get('/changing'));
    const { exchanges, problem } = await world.during(
      'extend',
      async () => {
        expect((await world.get('/changing')).body.toString()).toBe('answer 1');
        expect((await world.get('/changing')).body.toString()).toBe('answer 1');
        expect((await world.get('/ok')).status).toBe(200);
      },
      old,
    );
    expect(problem).toBeUndefined();
    expect(exchanges.map(({ key }) => new URL(key.url).pathname)).toEqual(['/changing', '/ok']);
    expect(exchanges[0]).toEqual(old[0]);
  });

  it('record asks upstream whatever the lock holds', async () => {
    const old = await recorded(() => world.get('/changing'));
    await world.during(
      'record',
      async () => expect((await world.get('/changing')).body.toString()).toBe('answer 2'),
      old,
    );
  });
});

describe('ranges and conditions', () => {
  const cases: [name: string, headers: Record<string, string>, expected: string, contentRange?: string][] = [
    ['a range', { range: 'bytes=2-4' }, '206 234', 'bytes 2-4/20'],
    ['the rest', { range: 'bytes=15-' }, '206 fghij', 'bytes 15-19/20'],
    ['the end', { range: 'bytes=-3' }, '206 hij', 'bytes 17-19/20'],
    ['past the end', { range: 'bytes=20-' }, '416 ', 'bytes */20'],
    ['another unit', { range: 'lines=1-2' }, '200 0123456789abcdefghij'],
    ['If-Range that holds', { range: 'bytes=0-0', 'if-range': '"one"' }, '206 0', 'bytes 0-0/20'],
    ['If-Range that does not', { range: 'bytes=0-0', 'if-range': '"two"' }, '200 0123456789abcdefghij'],
    ['If-None-Match that matches', { 'if-none-match': '"zero", W/"one"' }, '304 '],
    ['If-None-Match that does not', { 'if-none-match': '"two"' }, '200 0123456789abcdefghij'],
    ['If-Modified-Since later', { 'if-modified-since': 'Thu, 02 Jan 2025 00:00:00 GMT' }, '304 '],
    [
      'If-Modified-Since earlier',
      { 'if-modified-since': 'Tue, 31 Dec 2024 00:00:00 GMT' },
      '200 0123456789abcdefghij',
    ],
  ];

  it.each(cases)('%s: the same live as replayed', async (_name, headers, expected, contentRange) => {
    const answers: Answer[] = [];
    const exchanges = await recorded(async () => answers.push(await world.get('/ok', { headers })));
    await world.during('replay', async () => answers.push(await world.get('/ok', { headers })), exchanges);
    for (const answer of answers) {
      expect(text(answer)).toBe(expected);
      expect(answer.headers['content-range']).toBe(contentRange);
      expect(answer.headers.etag).toBe('"one"');
    }
    expect(exchanges[0]?.responses[0]?.body?.size).toBe(20);
    const [upstream] = world.hostile.requests;
    for (const name of [...Object.keys(headers), 'range']) expect(upstream?.headers[name]).toBeUndefined();
    expect(upstream?.headers['accept-encoding']).toBe('identity');
  });

  it('several ranges come as one multipart body of the promised length', async () => {
    const exchanges = await recorded(() => world.get('/ok'));
    await world.during(
      'replay',
      async () => {
        const answer = await world.get('/ok', { headers: { range: 'bytes=0-1,-2' } });
        expect([answer.status, answer.broken]).toEqual([206, false]);
        expect(String(answer.body.length)).toBe(answer.headers['content-length']);
        const boundary = /boundary=(.*)$/.exec(answer.headers['content-type'] ?? '')?.[1] ?? '?';
        const parts = answer.body.toString().split(`--${boundary}`);
        expect(parts[1]).toBe('\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/20\r\n\r\n01\r\n');
        expect(parts[2]).toBe('\r\nContent-Type: text/plain\r\nContent-Range: bytes 18-19/20\r\n\r\nij\r\n');
        expect(parts[3]).toBe('--\r\n');
      },
      exchanges,
    );
  });

  it('a range of a live body without a length waits for the whole', async () => {
    await recorded(async () => {
      const answer = await world.get('/chunked?size=100000', { headers: { range: 'bytes=-5' } });
      expect([answer.status, answer.headers['content-range']]).toEqual([206, 'bytes 99995-99999/100000']);
    });
  });
});

describe('content encodings', () => {
  it('are stored as sent, right or wrong', async () => {
    const exchanges = await recorded(async () => {
      await world.get('/packed');
      await world.get('/wrong-encoding');
    });
    for (const { responses } of exchanges)
      expect(responses[0]?.headers).toEqual([['content-encoding', 'gzip']]);
    const wrong = exchanges[1]?.responses[0]?.body;
    expect((await world.store.readBytes(wrong!.digest)).toString()).toBe('this was never packed');
  });
});
