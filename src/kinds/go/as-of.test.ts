import { describe, expect, test } from 'vitest';
import type { UpstreamDocument } from '../kind.ts';
import { go } from './index.ts';

const base = 'https://proxy.test/x.test/!y';
const asOf = new Date('2023-06-01T00:00:00Z');

/** A proxy that has versions, each with a time or without one; `moved` are answers of its own making. */
function proxy(
  times: Record<string, string | undefined>,
  moved: Record<string, Partial<UpstreamDocument>> = {},
) {
  const asked: string[] = [];
  const info = (Version: string) =>
    Buffer.from(JSON.stringify({ Version, ...(times[Version] !== undefined && { Time: times[Version] }) }));
  const found = (path: string): Buffer | undefined => {
    if (path === '/@v/list')
      return Buffer.from(
        Object.keys(times)
          .map(version => `${version}\n`)
          .join(''),
      );
    const version = /^\/@v\/(.+)\.info$/
      .exec(path)?.[1]
      ?.replaceAll(/!(.)/g, (_, c: string) => c.toUpperCase());
    return version !== undefined && Object.hasOwn(times, version) ? info(version) : undefined;
  };
  const fetch = (url: string): Promise<UpstreamDocument> => {
    const path = url.slice(base.length);
    asked.push(path);
    const body = found(path);
    return Promise.resolve({
      status: body ? 200 : 404,
      headers: { 'content-type': 'text/plain' },
      body: body ?? Buffer.from('not found'),
      ...moved[path],
    });
  };
  const ask = async (path: string, method = 'GET') => {
    const key = { method, url: base + path, vary: {} };
    const answer = await go.asOf?.({ key, headers: {} }, { asOf, fetch });
    return answer && { status: answer.status, text: answer.body.toString() };
  };
  return { ask, asked };
}

function infoOf(Version: string, Time?: string) {
  return { status: 200, body: Buffer.from(JSON.stringify({ Version, Time })) };
}

const times = {
  'v1.1.0': '2023-05-01T00:00:00Z',
  'v1.2.0': '2023-07-01T00:00:00Z',
  'v1.0.0': '2023-01-01T00:00:00Z',
  'v1.0.1': '2023-08-01T00:00:00Z',
  'v1.2.0-RC1': '2023-06-01T02:00:00+02:00',
  'v2.0.0+incompatible': '2023-02-01T00:00:00Z',
};

describe('@v/list', () => {
  test('later versions are dropped, by date and not by number; the order stays', async () => {
    const { ask } = proxy(times);
    expect(await ask('/@v/list')).toEqual({
      status: 200,
      text: 'v1.1.0\nv1.0.0\nv1.2.0-RC1\nv2.0.0+incompatible\n',
    });
  });

  test('a version that the proxy no longer has is dropped, one without a time stays', async () => {
    const { ask } = proxy({ ...times, 'v0.1.0': undefined }, { '/@v/v1.0.0.info': { status: 410 } });
    expect((await ask('/@v/list'))?.text).toBe('v1.1.0\nv1.2.0-RC1\nv2.0.0+incompatible\nv0.1.0\n');
  });

  test('nothing left is not found, and the answer says why', async () => {
    const { ask } = proxy({ 'v1.0.0': '2024-01-01T00:00:00Z' });
    const answer = await ask('/@v/list');
    expect(answer?.status).toBe(404);
    expect(answer?.text).toContain('x.test/Y had no version yet on 2023-06-01');
  });

  test.each([404, 410])('a module that does not exist: %d', async status => {
    const { ask } = proxy({}, { '/@v/list': { status, body: Buffer.from('no such module') } });
    expect(await ask('/@v/list')).toEqual({ status, text: 'no such module' });
  });

  test('a module without tags has an empty list then as now', async () => {
    expect(await proxy({}).ask('/@v/list')).toEqual({ status: 200, text: '' });
  });

  test('a proxy without times has no past', async () => {
    expect(await proxy({ 'v1.0.0': undefined, 'v1.1.0': undefined }).ask('/@v/list')).toBeUndefined();
  });

  test('a failing proxy is an error, not a shorter list', async () => {
    const { ask } = proxy(times, { '/@v/v1.0.0.info': { status: 503 } });
    await expect(ask('/@v/list')).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE', exit: 5 });
  });

  test('what lies below 500 versions of before the date is not asked for', async () => {
    const versions = Array.from({ length: 700 }, (_, n) => [`v1.${n}.0`, '2023-01-01T00:00:00Z'] as const);
    const { ask, asked } = proxy({ ...Object.fromEntries(versions), 'v2.0.0': '2024-01-01T00:00:00Z' });
    expect((await ask('/@v/list'))?.text.split('\n')).toHaveLength(701);
    expect(asked.length).toBeLessThan(530);
  });

  test('an endless list is refused', async () => {
    const { ask } = proxy({}, { '/@v/list': { status: 200, body: Buffer.from('v1.0.0\n'.repeat(6000)) } });
    await expect(ask('/@v/list')).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE' });
  });
});

describe('@latest', () => {
  test("today's, if it is old enough, whatever the list holds", async () => {
    const { ask, asked } = proxy(times, { '/@latest': infoOf('v1.1.0', '2023-05-01T00:00:00Z') });
    expect((await ask('/@latest'))?.text).toContain('"v1.1.0"');
    expect(asked).toEqual(['/@latest']);
  });

  test.each([
    ['the highest release', times, 'v1.2.0', 'v1.1.0'],
    ['an incompatible one where these count', times, 'v3.0.0+incompatible', 'v2.0.0+incompatible'],
    [
      'a pre-release where there is no release',
      {
        'v1.0.0': '2024-01-01T00:00:00Z',
        'v1.0.0-b.2': '2023-02-01T00:00:00Z',
        'v1.0.0-b.10': '2023-03-01T00:00:00Z',
      },
      'v1.0.0',
      'v1.0.0-b.10',
    ],
    [
      'the newest commit where nothing is tagged',
      {
        'v0.0.0-20230301000000-aaaaaaaaaaaa': '2023-03-01T00:00:00Z',
        'v0.1.1-0.20230201000000-bbbbbbbbbbbb': '2023-02-01T00:00:00Z',
        'v0.0.0-20230701000000-cccccccccccc': '2023-07-01T00:00:00Z',
      },
      'v0.0.0-20230701000000-cccccccccccc',
      'v0.0.0-20230301000000-aaaaaaaaaaaa',
    ],
  ])('%s', async (_, versions, today, then) => {
    const { ask } = proxy(versions, { '/@latest': infoOf(today, '2024-01-01T00:00:00Z') });
    const answer = await ask('/@latest');
    expect(JSON.parse(answer?.text ?? '')).toMatchObject({ Version: then });
  });

  test('nothing from before the date', async () => {
    const { ask } = proxy(
      {},
      { '/@latest': infoOf('v0.0.0-20240701000000-cccccccccccc', '2024-07-01T00:00:00Z') },
    );
    expect((await ask('/@latest'))?.status).toBe(404);
  });

  test('an answer without a time, or no JSON, is left as it is', async () => {
    expect(await proxy(times, { '/@latest': infoOf('v1.0.0') }).ask('/@latest')).toBeUndefined();
    const broken = { status: 200, body: Buffer.from('{') };
    expect(await proxy(times, { '/@latest': broken }).ask('/@latest')).toBeUndefined();
  });

  test('a module that does not exist', async () => {
    expect(await proxy({}).ask('/@latest')).toEqual({ status: 404, text: 'not found' });
  });
});

test.each(['/@v/main.info', '/@v/v1.0.0.info', '/@v/v1.0.0.mod', '/@v/v1.0.0.zip'])(
  '%s has no past to ask for',
  async path => {
    const { ask, asked } = proxy(times);
    expect(await ask(path)).toBeUndefined();
    expect(asked).toEqual([]);
  },
);

test('only what is got has a past', async () => {
  expect(await proxy(times).ask('/@v/list', 'POST')).toBeUndefined();
});
