import { expect, test } from 'vitest';
import { composer } from './index.ts';

const asOf = new Date('2023-06-01T00:00:00Z');
const url = 'https://repo.test/p2/v/n.json';

async function ask(document: unknown, request: { status?: number; url?: string; method?: string } = {}) {
  const asked: string[] = [];
  const body = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
  const fetch = (of: string) => {
    asked.push(of);
    return Promise.resolve({ status: request.status ?? 200, headers: {}, body });
  };
  const key = { method: request.method ?? 'GET', url: request.url ?? url, vary: {} };
  const answer = await composer.asOf?.({ key, headers: {} }, { asOf, fetch });
  return { asked, status: answer?.status, json: answer && (JSON.parse(answer.body.toString()) as unknown) };
}

function packages(...versions: readonly object[]) {
  return { packages: { 'v/n': versions } };
}

test('later versions are dropped, and what others inherited from them is written out', async () => {
  const upstream = {
    minified: 'composer/2.0',
    'security-advisories': [{ advisoryId: 'x' }],
    ...packages(
      { name: 'v/n', version: '2.0', time: '2023-07-01T00:00:00+00:00', license: ['MIT'], bin: ['x'] },
      { version: '1.1', time: '2023-06-01T00:00:00+00:00', bin: '__unset' },
      { version: '1.0.1', time: '2023-08-01T00:00:00+00:00', license: ['BSD'] },
      { version: '1.0', time: '2023-01-01T00:00:00+00:00' },
    ),
  };
  const { status, json } = await ask(upstream);
  expect(status).toBe(200);
  expect(json).toEqual({
    'security-advisories': [{ advisoryId: 'x' }],
    ...packages(
      { name: 'v/n', version: '1.1', time: '2023-06-01T00:00:00+00:00', license: ['MIT'] },
      { name: 'v/n', version: '1.0', time: '2023-01-01T00:00:00+00:00', license: ['BSD'] },
    ),
  });
});

test('a version without a time stays among others with one', async () => {
  const { json } = await ask(packages({ version: '2.0', time: '2024-01-01T00:00:00Z' }, { version: '1.0' }));
  expect(json).toEqual(packages({ version: '1.0' }));
});

test('nothing left is not found, and the answer says why', async () => {
  const { status, json } = await ask(packages({ version: '2.0', time: '2024-01-01 00:00:00' }));
  expect(status).toBe(404);
  expect(JSON.stringify(json)).toContain('v/n had no version yet on 2023-06-01');
});

test('a repository without times has no past', async () => {
  expect((await ask(packages({ version: '1.0' }))).status).toBeUndefined();
});

test.each(['', 'null', '[]', '{}', '{"packages":{"v/other":[]}}', packages()])(
  'what is no list of the package’s versions is left: %j',
  async document => {
    expect((await ask(document)).status).toBeUndefined();
  },
);

test('a package that does not exist is left', async () => {
  expect((await ask('x', { status: 404 })).status).toBeUndefined();
});

test.each([429, 500])('an upstream that fails is an error: %d', async status => {
  await expect(ask('', { status })).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE', exit: 5 });
});

test('a document that would swell is refused', async () => {
  const long = { version: '1.0', time: '2023-01-01T00:00:00Z', description: 'x'.repeat(1_000_000) };
  const document = { minified: 'composer/2.0', ...packages(long, ...Array<object>(100).fill({})) };
  await expect(ask(document)).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE' });
});

test.each([
  { url: 'https://repo.test/packages.json' },
  { url: 'https://repo.test/search.json?q=x' },
  { url: 'https://repo.test/p2/v.json' },
  { method: 'POST' },
])('not asked for: %j', async request => {
  expect(await ask('', request)).toEqual({ asked: [], status: undefined, json: undefined });
});
