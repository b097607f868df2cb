import { beforeAll, describe, expect, test } from 'vitest';
import { hexOf, sha256, type Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import type { Recogniser } from '../kind.ts';
import { cargo } from './index.ts';

const bodies = new Map<Digest, Buffer>();

function exchange(url: string, text = url, status = 200): Exchange {
  const body = { digest: sha256(text), size: text.length };
  bodies.set(body.digest, Buffer.from(text));
  return { key: { method: 'GET', url, vary: {} }, responses: [{ status, headers: [], body }] };
}

function entry(name: string, vers: string, crate: string): string {
  return JSON.stringify({ name, vers, deps: [], cksum: hexOf(sha256(crate)), features: {}, yanked: false });
}

const indexes = [
  exchange(
    'https://index.test/config.json',
    '{"dl":"https://static.test/crates","api":"https://crates.test"}',
  ),
  exchange('https://index.test/1/a', entry('a', '0.1.0', 'crate a')),
  exchange('https://index.test/2/cc', `${entry('cc', '1.2.21', 'crate cc')}\n`),
  exchange('https://index.test/3/s/syn', entry('syn', '2.0.0', 'crate syn')),
  exchange(
    'https://index.test/se/rd/serde_json',
    `${entry('serde_json', '1.0.0', 'crate one')}\n${entry('serde_json', '1.0.1-rc.1+b.2', 'crate two')}\n`,
  ),
  exchange(
    'https://corp.test/api/cargo/index/in/fl/inflector',
    entry('Inflector', '0.11.4', 'crate inflector'),
  ),
];

async function recogniserOf(exchanges: readonly Exchange[]): Promise<Recogniser> {
  return cargo.recogniser({
    exchanges,
    readBody: digest => Promise.resolve(bodies.get(digest) ?? Buffer.alloc(0)),
  });
}

let recognise: Recogniser;
let blind: Recogniser;

beforeAll(async () => {
  recognise = await recogniserOf(indexes);
  blind = await recogniserOf([]);
});

test.each(indexes.map(each => [each.key.url, each] as const))('%s is index', (_, each) => {
  expect(recognise(each)).toEqual({ class: 'index' });
});

test('so is the answer of a known index that it has no such crate', () => {
  expect(recognise(exchange('https://index.test/no/ne/none', 'not found', 404))).toEqual({ class: 'index' });
  expect(recognise(exchange('https://other.test/no/ne/none', 'not found', 404))).toBeUndefined();
});

test.each([
  ['https://static.test/crates/serde_json/1.0.0/download', 'crate one', 'serde_json', '1.0.0'],
  ['https://crates.test/dl/serde_json/1.0.1-rc.1+b.2/download', 'crate two', 'serde_json', '1.0.1-rc.1+b.2'],
  ['https://static.test/crates/Inflector/Inflector-0.11.4.crate', 'crate inflector', 'Inflector', '0.11.4'],
  ['https://files.test/any?thing=else', 'crate syn', 'syn', '2.0.0'],
])('%s is what the index has the digest of', (url, text, name, version) => {
  expect(recognise(exchange(url, text))).toEqual({ class: 'artefact', name, version });
});

test.each([
  ['https://crates.test/api/v1/crates/rand/0.8.5/download', 'rand', '0.8.5'],
  ['https://static.test/crates/rand-core/rand-core-0.8.5-alpha.1.crate', 'rand-core', '0.8.5-alpha.1'],
  ['https://static.test/crates/sys/sys-0.9.1%2Bcurl-8.crate', 'sys', '0.9.1+curl-8'],
])('%s is a crate without an index too', (url, name, version) => {
  expect(blind(exchange(url))).toEqual({ class: 'artefact', name, version });
});

describe('what is not surely a crate', () => {
  test('bytes that the index has another digest of', () => {
    const url = 'https://static.test/crates/serde_json/1.0.0/download';
    expect(recognise(exchange(url, 'something else'))).toBeUndefined();
  });

  test('a download of something that no index lists, off the usual path', () => {
    expect(recognise(exchange('https://files.test/tool/1.0.0/download'))).toBeUndefined();
  });

  test('a redirect to a crate is index, to anything else it is not', () => {
    const redirect = (url: string) => recognise(exchange(url, 'moved', 302));
    expect(redirect('https://crates.test/dl/serde_json/1.0.0/download')).toEqual({ class: 'index' });
    expect(redirect('https://crates.test/api/v1/crates/rand/0.8.5/download')).toEqual({ class: 'index' });
    expect(redirect('https://files.test/tool/1.0.0/download')).toBeUndefined();
  });

  test('a request that sends something', () => {
    const { key, ...rest } = exchange('https://static.test/crates/rand/0.8.5/download');
    expect(recognise({ key: { ...key, method: 'PUT' }, ...rest })).toBeUndefined();
  });
});

test.each([
  ['of another crate', '/se/rd/serde_yaml', entry('serde_json', '1.0.0', 'x')],
  ['in the wrong directory', '/ab/cd/serde_json', entry('serde_json', '1.0.0', 'x')],
  ['with a short cksum', '/se/rd/serde', '{"name":"serde","vers":"1.0.0","cksum":"12"}'],
  ['with a version that is none', '/se/rd/serde', entry('serde', '1.0', 'x')],
  ['that is no JSON', '/se/rd/serde', '<html>'],
  ['that is JSON of another sort', '/se/rd/serde', 'null'],
  ['that is empty', '/se/rd/serde', '\n'],
  ['with one bad line', '/se/rd/serde', `${entry('serde', '1.0.0', 'x')}\n[]`],
])('a file %s is no index', async (_, path, text) => {
  const odd = exchange(`https://odd.test${path}`, text);
  const recogniseOdd = await recogniserOf([odd]);
  expect(recogniseOdd(odd)).toBeUndefined();
});

test('a config.json that names no download place is none of a registry', async () => {
  const odd = exchange('https://odd.test/config.json', '{"api":"x"}');
  expect((await recogniserOf([odd]))(odd)).toBeUndefined();
});

test.each([
  'https://static.test/crates//1.0.0/download',
  'https://static.test/crates/rand/1.0/download',
  'https://static.test/crates/rand/../1.0.0/download',
  'https://static.test/crates/%2e%2e/1.0.0/download',
  'https://static.test/crates/ra%2Fnd/1.0.0/download%00',
  'https://static.test/crates/%E0%A4%A/1.0.0/download',
  'https://static.test/crates/rand/other-1.0.0.crate',
  'https://static.test/crates/rand/rand-1.0.0.crate%0a',
  'https://static.test/se/rd/%73erde',
  'https://[broken',
  '',
])('%j is not of this kind', async url => {
  const odd = exchange(url);
  expect((await recogniserOf([odd]))(odd)).toBeUndefined();
});
