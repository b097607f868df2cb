import { expect, test } from 'vitest';
import { hexOf, sha256 } from '../../core/index.ts';
import { cargo } from './index.ts';

const asOf = new Date('2025-12-01T00:00:00Z');

function entry(vers: string, pubtime?: string): string {
  return JSON.stringify({ name: 'Serde', vers, cksum: hexOf(sha256(vers)), yanked: false, pubtime });
}

async function ask(
  text: string,
  { status = 200, url = 'https://index.test/se/rd/serde', method = 'GET' } = {},
) {
  const asked: string[] = [];
  const fetch = (of: string) => {
    asked.push(of);
    return Promise.resolve({ status, headers: {}, body: Buffer.from(text) });
  };
  const answer = await cargo.asOf?.({ key: { method, url, vary: {} }, headers: {} }, { asOf, fetch });
  return { asked, answer: answer && { status: answer.status, text: answer.body.toString() } };
}

test('versions published later are dropped; the lines that stay are upstream’s own', async () => {
  const old = entry('1.0.0', '2025-11-30T23:59:59Z');
  const undated = entry('0.9.0');
  const same = entry('1.0.1', '2025-12-01T00:00:00Z');
  const { answer } = await ask([old, undated, entry('1.1.0', '2025-12-01T00:00:01Z'), same, ''].join('\n'));
  expect(answer).toEqual({ status: 200, text: `${old}\n${undated}\n${same}\n` });
});

test('nothing left is what an index answers for a crate that does not exist', async () => {
  const { answer } = await ask(entry('1.1.0', '2026-01-01T00:00:00Z'));
  expect(answer?.status).toBe(404);
  expect(answer?.text).toContain('serde had no version yet on 2025-12-01');
});

test('an index without times has no past', async () => {
  expect((await ask(entry('1.1.0'))).answer).toBeUndefined();
  expect((await ask(entry('1.1.0', 'yesterday'))).answer).toBeUndefined();
});

test.each(['', '<html>', 'null', '[1]'])('what is no index is left: %j', async text => {
  expect((await ask(text)).answer).toBeUndefined();
});

test.each([404, 410, 451])('a crate that does not exist is left: %d', async status => {
  expect((await ask('', { status })).answer).toBeUndefined();
});

test.each([429, 500, 503])('an upstream that fails is an error: %d', async status => {
  await expect(ask('', { status })).rejects.toMatchObject({ code: 'AS_OF_UNAVAILABLE', exit: 5 });
});

test.each([
  { url: 'https://index.test/config.json' },
  { url: 'https://static.test/crates/serde/1.0.0/download' },
  { url: 'https://index.test/se/rd/serde?x' },
  { url: 'https://index.test/se/rd/Serde' },
  { method: 'POST' },
])('not asked for: %j', async request => {
  expect(await ask('', request)).toEqual({ asked: [], answer: undefined });
});
