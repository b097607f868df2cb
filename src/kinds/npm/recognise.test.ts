import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256, type Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import { npm } from './index.ts';

const json = 'application/json';
const abbreviated = 'application/vnd.npm.install-v1+json';
const recognise = await recogniserOf();

interface Given {
  readonly type?: string;
  readonly vary?: Record<string, string>;
  readonly status?: number;
  readonly method?: string;
  readonly text?: string;
}

const bodies = new Map<Digest, Buffer>();

function exchange(url: string, given: Given = {}): Exchange {
  const { type = 'application/octet-stream', vary = {}, status = 200, method = 'GET', text = url } = given;
  const bytes = Buffer.from(text);
  const digest = sha256(bytes);
  bodies.set(digest, bytes);
  const body = { digest, size: bytes.length };
  return {
    key: { method, url, vary },
    responses: [{ status, headers: [['content-type', type]], body }],
  };
}

async function recogniserOf(...exchanges: Exchange[]) {
  const readBody = (digest: Digest) => {
    const found = bodies.get(digest);
    return found ? Promise.resolve(found) : Promise.reject(new Error(`nothing was recorded as ${digest}`));
  };
  return npm.recogniser({ exchanges, readBody });
}

function packument(name: string, tarballs: Record<string, string>): string {
  const versions = Object.fromEntries(
    Object.entries(tarballs).map(([version, tarball]) => [version, { name, version, dist: { tarball } }]),
  );
  return JSON.stringify({ name, 'dist-tags': {}, versions });
}

test.each([
  ['https://npm.test/express/-/express-4.18.2.tgz', 'express', '4.18.2'],
  ['https://npm.test/express/-/express-4.18.2.tgz?cache=1', 'express', '4.18.2'],
  ['https://npm.test/@babel/core/-/core-7.0.0-beta.1.tgz', '@babel/core', '7.0.0-beta.1'],
  ['https://npm.test/@babel%2fcore/-/core-7.0.0.tgz', '@babel/core', '7.0.0'],
  ['https://corp.test/api/npm/mirror/@types/node/-/@types/node-22.1.0.tgz', '@types/node', '22.1.0'],
  ['https://npm.test/socket.io/-/socket.io-4.0.0.tgz', 'socket.io', '4.0.0'],
])('%s is a package', (url, name, version) => {
  expect(recognise(exchange(url))).toEqual({ class: 'artefact', name, version });
});

test('a packument is an index, whichever side says so', () => {
  expect(recognise(exchange('https://npm.test/express', { type: abbreviated }))).toEqual({ class: 'index' });
  const vary = { ...npm.vary?.({ accept: `${abbreviated}; q=1.0, */*` }) };
  expect(recognise(exchange('https://npm.test/express', { type: json, vary }))).toEqual({ class: 'index' });
  expect(recognise(exchange('https://npm.test/no-such', { type: json, vary, status: 404 }))).toEqual({
    class: 'index',
  });
});

test('where the abbreviated form is missing, the full one is of this kind too', async () => {
  const url = 'https://npm.test/no-such';
  const vary = { accept: abbreviated };
  const first = exchange(url, { type: json, vary, status: 404 });
  const second = exchange(url, { type: json, status: 404 });
  expect((await recogniserOf(first, second))(second)).toEqual({ class: 'index' });
  expect((await recogniserOf(second))(second)).toBeUndefined();
  const download = exchange('https://files.test/a', { vary });
  expect((await recogniserOf(download))(download)).toBeUndefined();
});

test('a packument without a type of its own is known by what it says of the name in its URL', async () => {
  const text = packument('@acme/tool', {});
  const found = exchange('https://npm.test/base/@acme%2ftool', { type: `${json}; charset=utf-8`, text });
  const other = exchange('https://files.test/report', { type: json, text });
  const manifest = exchange('https://npm.test/tool/latest', {
    type: json,
    text: JSON.stringify({ name: 'tool', version: '1.0.0', dist: { tarball: 'https://npm.test/x' } }),
  });
  const known = await recogniserOf(found, other, manifest);
  expect(known(found)).toEqual({ class: 'index' });
  expect(known(manifest)).toEqual({ class: 'index' });
  const missing = exchange('https://npm.test/base/none', { type: json, status: 404 });
  expect(known(missing)).toEqual({ class: 'index' });
  const page = exchange('https://npm.test/base/none', { type: 'text/html', status: 404 });
  expect(known(page)).toBeUndefined();
  expect(known(exchange('https://npm.test/other', { type: json, status: 404 }))).toBeUndefined();
  expect(known(other)).toBeUndefined();
});

test('tarballs at other paths are those that a packument of the build names', async () => {
  const url = 'https://forge.test/download/@acme/tool/1.2.0/0123abcd';
  const versions = { '1.2.0': `${url}#fragment`, '9.9.9': 'https://forge.test/evil/-/evil-1.0.0.tgz' };
  const index = exchange('https://forge.test/@acme%2ftool', {
    type: json,
    text: packument('@acme/tool', versions),
  });
  const tarball = exchange(url);
  const shaped = exchange('https://forge.test/evil/-/evil-1.0.0.tgz');
  const known = await recogniserOf(index, tarball, shaped);
  expect(known(tarball)).toEqual({ class: 'artefact', name: '@acme/tool', version: '1.2.0' });
  expect(known(shaped)).toEqual({ class: 'artefact', name: 'evil', version: '1.0.0' });
  expect(known(exchange('https://forge.test/download/@acme/tool/1.3.0/4567'))).toBeUndefined();
});

test.each([
  ['GET', 'https://npm.test/-/package/@acme%2ftool/dist-tags'],
  ['POST', 'https://npm.test/-/npm/v1/security/advisories/bulk'],
  ['POST', 'https://corp.test/npm/-/npm/v1/security/audits/quick'],
  ['GET', 'https://npm.test/-/npm/v1/keys'],
  ['GET', 'https://npm.test/-/npm/v1/attestations/tool@1.0.0'],
])('%s %s is an index', (method, url) => {
  expect(recognise(exchange(url, { method, type: json }))).toEqual({ class: 'index' });
});

test.each([
  'https://files.test/a.tgz',
  'https://files.test/x/-/y-1.tgz',
  'https://files.test/%2F-/-.tgz',
  'https://files.test/x/-/x-1.tgz',
  'https://files.test/x/-/%E0%A4%A-1.0.0.tgz',
  'https://files.test/x/-/x-1.0.0.tgz/-/x-1.0.0.tgz',
  'https://forge.test/group/proj/-/archive/1.0.0/proj-1.0.0.tgz',
  'https://files.test/a/@b/-/@c/b-1.0.0.tgz',
  'https://forge.test/-/package/a/b/c/dist-tags',
  'not a URL',
])('%s is not of this kind', url => expect(recognise(exchange(url))).toBeUndefined());

test('what is not whole is no package', () => {
  const url = 'https://npm.test/a/-/a-1.0.0.tgz';
  for (const status of [302, 404]) expect(recognise(exchange(url, { status }))).toBeUndefined();
  expect(recognise(exchange(url, { method: 'PUT' }))).toBeUndefined();
  expect(recognise({ key: { method: 'GET', url, vary: {} }, responses: [] })).toBeUndefined();
});

test('hostile documents are read as nothing', async () => {
  const texts = [
    '{',
    'null',
    '[]',
    '{"name":"a"}',
    '{"name":7,"versions":{},"dist-tags":{}}',
    '{"name":"a","versions":[],"dist-tags":{}}',
    '{"name":"a","versions":{"1.0.0":null,"__proto__":{"dist":{"tarball":7}}},"dist-tags":{"latest":{}}}',
    gzipSync('{}').toString('latin1'),
    '['.repeat(200_000),
  ];
  const exchanges = texts.map(text => exchange('https://npm.test/a', { type: json, text }));
  await expect(recogniserOf(...exchanges)).resolves.toBeTypeOf('function');
});

test('a body is read once, and a huge one not at all', async () => {
  const text = packument('tool', {});
  const one = exchange('https://npm.test/tool', { type: json, text });
  const huge = exchange('https://npm.test/huge', { type: json, text: '{}' });
  const oversized = {
    ...huge,
    responses: huge.responses.map(response => ({
      ...response,
      body: { digest: sha256('huge'), size: 1024 ** 3 },
    })),
  };
  const read: Digest[] = [];
  await npm.recogniser({
    exchanges: [one, oversized, structuredClone(one)],
    readBody: digest => {
      read.push(digest);
      return Promise.resolve(Buffer.from(text));
    },
  });
  expect(read).toEqual([sha256(text)]);
});

test('no URL and no JSON makes it throw', async () => {
  const url = fc.oneof(
    fc.string(),
    fc.webUrl({ withQueryParameters: true }),
    fc
      .array(fc.constantFrom('-', '%', '%2f', '@a', 'a', 'a-1.0.0.tgz', 'package', 'dist-tags', ''))
      .map(parts => `https://npm.test/${parts.join('/')}`),
  );
  await fc.assert(
    fc.asyncProperty(url, fc.json(), async (address, text) => {
      const odd = exchange(address, { type: json, text });
      (await recogniserOf(odd))(odd);
    }),
  );
});
