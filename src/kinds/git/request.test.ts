import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { git } from './index.ts';
import { delimiterPacket, flushPacket, linePacket } from './pkt-line.ts';

const url = new URL('https://git.test/tool.git/git-upload-pack');
const type = { 'content-type': 'application/x-git-upload-pack-request' };
const canonical = (body: string | Buffer, headers: Record<string, string> = {}, to = url) =>
  git.requestBody(to, { ...type, ...headers }, Buffer.from(body))?.toString('latin1');

const oid = (n: number) => n.toString(16).padStart(40, '0');

function command(capabilities: readonly string[], args: readonly string[]): string {
  const lines = (all: readonly string[]) => all.map(linePacket).join('');
  return lines(['command=fetch', ...capabilities]) + delimiterPacket + lines(args) + flushPacket;
}

function negotiation(capabilities: string, wants: readonly number[], rest = ''): string {
  const lines = wants.map((n, at) => linePacket(`want ${oid(n)}${at === 0 ? capabilities : ''}`));
  return lines.join('') + flushPacket + rest;
}

test('a command says the same whoever sends it, in whatever order', () => {
  const one = command(
    ['agent=git/2.39.5', 'object-format=sha1', 'session-id=a-1'],
    ['thin-pack', 'ofs-delta', `want ${oid(2)}`, `want ${oid(1)}`, 'done'],
  );
  const other = command(
    ['object-format=sha1', 'agent=git/2.50.0-Linux'],
    ['ofs-delta', 'thin-pack', `want ${oid(1)}`, `want ${oid(2)}`, 'done'],
  );
  expect(canonical(one)).toBe(canonical(other));
  expect(canonical(one)).not.toMatch(/agent|session-id/);
  expect(canonical(gzipSync(one), { 'content-encoding': 'gzip' })).toBe(canonical(one));
});

test.each([
  ['another want', command([], [`want ${oid(1)}`]), command([], [`want ${oid(2)}`])],
  ['a depth', command([], [`want ${oid(1)}`]), command([], [`want ${oid(1)}`, 'deepen 1'])],
  ['a filter', command([], ['filter blob:none']), command([], ['filter tree:0'])],
  ['done', command([], [`want ${oid(1)}`]), command([], [`want ${oid(1)}`, 'done'])],
  ['a capability', command(['object-format=sha1'], []), command(['object-format=sha256'], [])],
  ['a server option', command(['server-option=a'], ['done']), command(['server-option=b'], ['done'])],
  ['a v0 want', negotiation('', [1]), negotiation('', [2])],
  ['a v0 capability', negotiation(' ofs-delta', [1]), negotiation(' thin-pack', [1])],
  ['a v0 have', negotiation('', [1]), negotiation('', [1], linePacket(`have ${oid(1)}`))],
])('%s asks for something else', (_, one, other) => {
  expect(canonical(one)).toBeDefined();
  expect(canonical(other)).toBeDefined();
  expect(canonical(one)).not.toBe(canonical(other));
});

test('wants of version 0 have no order, and the first of them no more than the others', () => {
  const capabilities = [' multi_ack', ' ofs-delta', ' agent=git/2.1', ' session-id=xyz'];
  const expected = canonical(negotiation(' multi_ack ofs-delta', [1, 2, 3, 4], linePacket('done')));
  expect(expected).toBeDefined();
  const orders = fc.tuple(
    fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 }),
    fc.shuffledSubarray(capabilities, { minLength: 4 }),
  );
  fc.assert(
    fc.property(orders, ([wants, words]) => {
      const request = negotiation(words.join(''), wants, linePacket('done'));
      expect(canonical(request)).toBe(expected);
    }),
  );
});

test('the canonical form is its own canonical form', () => {
  for (const request of [command(['agent=a'], ['done', 'ofs-delta']), negotiation(' a agent=b', [2, 1])]) {
    const once = canonical(request) ?? '';
    expect(once).not.toBe('');
    expect(canonical(once)).toBe(once);
  }
});

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['a packet that is cut', command([], ['done']).slice(0, -6)],
  ['no flush at the end', command([], ['done']).slice(0, -4)],
  ['more after the flush', `${command([], [])}${linePacket('x')}`],
  ['two delimiters', linePacket('command=fetch') + delimiterPacket + delimiterPacket + flushPacket],
  ['a packet of length 3', `0003${flushPacket}`],
  ['wants that are none', linePacket('want x') + flushPacket],
  ['haves without wants', flushPacket + linePacket(`have ${oid(1)}`)],
])('%s is no request', (_, body) => expect(canonical(body)).toBeUndefined());

test('only upload-pack requests have a canonical form', () => {
  const body = command([], ['done']);
  expect(canonical(body, { 'content-type': 'application/json' })).toBeUndefined();
  expect(canonical(body, { 'content-encoding': 'br' })).toBeUndefined();
  expect(canonical(body, { 'content-encoding': 'gzip' })).toBeUndefined();
  expect(canonical(body, {}, new URL('https://git.test/tool.git/git-receive-pack'))).toBeUndefined();
});

test('what unpacks without end is not unpacked', () => {
  const bomb = gzipSync(linePacket('x'.repeat(60_000)).repeat(400));
  expect(bomb.length).toBeLessThan(100_000);
  expect(canonical(bomb, { 'content-encoding': 'gzip' })).toBeUndefined();
});

test('any bytes are taken, and none throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      canonical(Buffer.from(bytes));
      canonical(Buffer.from(bytes), { 'content-encoding': 'gzip' });
    }),
  );
});

test.each([
  [undefined, {}],
  ['version=0', {}],
  ['version=1', { 'git-protocol': 'version=1' }],
  ['version=2', { 'git-protocol': 'version=2' }],
  ['version=1:version=2:x=y', { 'git-protocol': 'version=2' }],
  ['nonsense', {}],
])('Git-Protocol %s', (header, vary) => {
  expect(git.vary(header === undefined ? {} : { 'git-protocol': header })).toEqual(vary);
});
