import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { gem } from './index.ts';

const asOf = new Date('2024-06-01T00:00:00Z');

async function ask(text: string, { status = 200, path = '/info/rake', method = 'GET' } = {}) {
  const asked: string[] = [];
  const fetch = (url: string) => {
    asked.push(url);
    return Promise.resolve({ status, headers: {}, body: Buffer.from(text) });
  };
  const key = { method, url: `https://gems.test${path}`, vary: {} };
  return { asked, answer: await gem.asOf?.({ key, headers: {} }, { asOf, fetch }) };
}

const undated = '12.0.0 |checksum:ab';
const old = '13.1.0 rake:>= 0&< 20,x:= 1|checksum:cd,ruby:>= 2.3,created_at:2023-10-28T08:00:00Z';
const same = '13.2.0-java |checksum:ef,created_at:2024-06-01T02:00:00+02:00';
const young = '13.2.1 |checksum:01,created_at:2024-06-01T00:00:01Z';

test('versions pushed later are dropped; Bundler finds the ETag that it expects', async () => {
  const { answer } = await ask(['---', undated, young, old, same, ''].join('\n'));
  const text = ['---', undated, old, same, ''].join('\n');
  expect(answer?.status).toBe(200);
  expect(answer?.body.toString()).toBe(text);
  const md5 = createHash('md5').update(text).digest('hex');
  expect(answer?.headers).toContainEqual(['etag', `"${md5}"`]);
});

test('nothing left is what a server answers for a gem that does not exist', async () => {
  const { answer } = await ask(`---\n${young}\n`);
  expect(answer?.status).toBe(404);
  expect(answer?.body.toString()).toContain('rake had no version yet on 2024-06-01');
});

test('an index of format version 1 has no past', async () => {
  expect((await ask(`---\n${undated}\n`)).answer).toBeUndefined();
});

test.each(['', '---\n', '<html>', 'created_at: 2024\n---\n', '---\nwhat is this\n'])(
  'what is no index is left: %j',
  async text => {
    expect((await ask(text)).answer).toBeUndefined();
  },
);

test('a gem that does not exist is left', async () => {
  expect((await ask('', { status: 404 })).answer).toBeUndefined();
});

test.each([429, 502])('an upstream that fails is an error: %d', async status => {
  await expect(ask('', { status })).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE', exit: 5 });
});

test.each([
  { path: '/versions' },
  { path: '/names' },
  { path: '/specs.4.8.gz' },
  { path: '/gems/rake-13.1.0.gem' },
  { path: '/info/rake?x' },
  { method: 'HEAD' },
])('not asked for: %j', async request => {
  expect(await ask('', request)).toEqual({ asked: [], answer: undefined });
});
