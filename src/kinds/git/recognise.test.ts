import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import { git } from './index.ts';
import { delimiterPacket, flushPacket, linePacket } from './pkt-line.ts';
import { advertisedCommit, wantedCommit } from './wanted.ts';

const oid = (n: number) => n.toString(16).padStart(40, '0');

async function recognised(
  method: string,
  url: string,
  subject: 'advertisement' | 'result' | undefined,
  body: string | Buffer,
  { status = 200, size }: { status?: number; size?: number } = {},
) {
  const bytes = Buffer.from(body);
  const type = subject === undefined ? 'text/plain' : `application/x-git-upload-pack-${subject}`;
  const exchange: Exchange = {
    key: { method, url, vary: {} },
    responses: [
      {
        status,
        headers: [['content-type', type]],
        body: { digest: sha256(bytes), size: size ?? bytes.length },
      },
    ],
  };
  const advertised: Exchange = {
    key: { method: 'GET', url: 'https://git.test/a/info/refs?service=git-upload-pack', vary: {} },
    responses: [
      {
        status: 200,
        headers: [['content-type', 'application/x-git-upload-pack-advertisement']],
        body: { digest: sha256(advertisement), size: advertisement.length },
      },
    ],
  };
  const stored = new Map([bytes, Buffer.from(advertisement)].map(one => [sha256(one), one]));
  const recognise = await git.recogniser({
    exchanges: [exchange, advertised],
    readBody: digest => Promise.resolve(stored.get(digest) ?? Buffer.alloc(0)),
  });
  return recognise(exchange);
}

const advertisement = [
  linePacket('# service=git-upload-pack'),
  flushPacket,
  linePacket(`${oid(1)} HEAD\0multi_ack symref=HEAD:refs/heads/main agent=git/2`),
  linePacket(`${oid(1)} refs/heads/main`),
  linePacket(`${oid(9)} refs/tags/v1`),
  linePacket(`${oid(2)} refs/tags/v1^{}`),
  flushPacket,
].join('');

const infoUrl = 'https://git.test/a/info/refs?service=git-upload-pack';
const packUrl = 'https://git.test/a/git-upload-pack';
const index = { class: 'index' };

test('advertisements and negotiations are indexes', async () => {
  expect(await recognised('GET', infoUrl, 'advertisement', advertisement)).toEqual(index);
  const capabilities = linePacket('version 2') + linePacket('ls-refs') + flushPacket;
  expect(await recognised('GET', infoUrl, 'advertisement', capabilities)).toEqual(index);
  const empty = linePacket(`${oid(0)} capabilities^{}\0agent=git/2`) + flushPacket;
  expect(await recognised('GET', infoUrl, 'advertisement', empty)).toEqual(index);
  const listed = linePacket(`${oid(1)} HEAD symref-target:refs/heads/main`) + flushPacket;
  expect(await recognised('POST', packUrl, 'result', listed)).toEqual(index);
  const unborn = linePacket('unborn HEAD symref-target:refs/heads/main') + flushPacket;
  expect(await recognised('POST', packUrl, 'result', unborn)).toEqual(index);
  const shallow = linePacket(`shallow ${oid(1)}`) + flushPacket + linePacket('NAK');
  expect(await recognised('POST', packUrl, 'result', shallow)).toEqual(index);
  const ready = linePacket('acknowledgments') + linePacket(`ACK ${oid(1)}`) + delimiterPacket + flushPacket;
  expect(await recognised('POST', packUrl, 'result', ready)).toEqual(index);
});

test('of a pack too large to be read, the advertisement tells', async () => {
  const size = 64 * 1024 * 1024 + 1;
  const commit = { class: 'commit', url: 'https://git.test/a', commit: oid(1), ref: 'refs/heads/main' };
  expect(await recognised('POST', packUrl, 'result', '', { size })).toEqual(commit);
  const elsewhere = 'https://git.test/b/git-upload-pack';
  expect(await recognised('POST', elsewhere, 'result', '', { size })).toBeUndefined();
});

test.each([
  ['a dumb server', 'GET', infoUrl, undefined, `${oid(1)}\trefs/heads/main\n`],
  ['no service asked for', 'GET', 'https://git.test/a/info/refs', 'advertisement', advertisement],
  ['a push', 'GET', 'https://git.test/a/info/refs?service=git-receive-pack', undefined, ''],
  ['an error', 'POST', packUrl, 'result', linePacket('ERR upload-pack: not our ref')],
  ['an error in its stream', 'POST', packUrl, 'result', '000e\u0003wrong\n0000'],
  ['a page', 'POST', packUrl, 'result', '<html>'],
  ['a pack that is none', 'POST', packUrl, 'result', `${linePacket('NAK')}PACK and so on`],
  ['no refs', 'GET', infoUrl, 'advertisement', linePacket('hello') + flushPacket],
  ['an odd URL', 'POST', 'https://git.test/%zz/git-upload-pack?x=%', 'result', flushPacket],
  ['no URL', 'POST', 'git-upload-pack', 'result', flushPacket],
] as const)('%s is left', async (_, method, url, subject, body) => {
  expect(await recognised(method, url, subject, body)).toBeUndefined();
});

test('an answer that did not succeed is left', async () => {
  expect(await recognised('GET', infoUrl, 'advertisement', advertisement, { status: 404 })).toBeUndefined();
});

test('any bytes are taken', async () => {
  const parts = fc.oneof(
    fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom('PACK', flushPacket, delimiterPacket, linePacket('packfile'), linePacket('\u0001PACK')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(parts), async all => {
      const body = Buffer.from(all.join(''), 'latin1');
      await recognised('POST', packUrl, 'result', body);
      await recognised('GET', infoUrl, 'advertisement', body);
    }),
  );
});

const line = (...oids: number[]) =>
  oids.map((n, at) => ({ oid: oid(n), parents: oids.slice(at + 1, at + 2).map(oid) }));
const head = { name: 'HEAD', commit: oid(2), target: 'refs/heads/main' };
const main = { name: 'refs/heads/main', commit: oid(2) };
const dev = { name: 'refs/heads/dev', commit: oid(3) };
const old = { name: 'refs/heads/old', commit: oid(7) };

test.each([
  ['a branch before HEAD, in a clone of all', line(3, 2, 1), [head, main, dev], 2, 'refs/heads/main'],
  ['a branch before HEAD, alone', line(3, 2, 1), [head, main, dev, old], 3, 'refs/heads/dev'],
  ['HEAD, of no branch', line(4, 3), [{ name: 'HEAD', commit: oid(4) }], 4, 'HEAD'],
  ['no ref', line(8, 7), [head, main], 8, undefined],
  ['no advertisement', line(5), [], 5, undefined],
] as const)('what was wanted: %s', (_, commits, refs, commit, ref) => {
  expect(wantedCommit(commits, refs)).toEqual({ commit: oid(commit), ref });
});

test('nothing is wanted of a pack without commits, nor told by no or many refs', () => {
  expect(wantedCommit([], [head, main])).toBeUndefined();
  expect(advertisedCommit([])).toBeUndefined();
  expect(advertisedCommit([main, dev])).toBeUndefined();
  expect(advertisedCommit([dev])).toEqual({ commit: oid(3), ref: 'refs/heads/dev' });
});
