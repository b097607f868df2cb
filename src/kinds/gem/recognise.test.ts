import { beforeAll, describe, expect, test } from 'vitest';
import { hexOf, sha256, type Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import type { Recogniser } from '../kind.ts';
import { gem } from './index.ts';

const bodies = new Map<Digest, Buffer>();

function exchange(url: string, text = url, status = 200): Exchange {
  const body = { digest: sha256(text), size: text.length };
  bodies.set(body.digest, Buffer.from(text));
  return { key: { method: 'GET', url, vary: {} }, responses: [{ status, headers: [], body }] };
}

async function recogniserOf(exchanges: readonly Exchange[]): Promise<Recogniser> {
  return gem.recogniser({
    exchanges,
    readBody: digest => Promise.resolve(bodies.get(digest) ?? Buffer.alloc(0)),
  });
}

const info = [
  '---',
  `1.15.0 racc:~> 1.4|checksum:${hexOf(sha256('gem one'))},ruby:>= 2.7.0`,
  `1.16.0-x86_64-linux racc:~> 1.4&< 2,rake:>= 0|checksum:${hexOf(sha256('gem two'))},ruby:>= 3.0&< 3.4.dev,created_at:2023-12-28T00:00:00Z`,
  '',
].join('\n');

const indexes = [
  exchange('https://gems.test/info/nokogiri', info),
  exchange('https://gems.test/info/none', '---\n'),
  exchange(
    'https://lists.test/gems/versions',
    'created_at: 2024-04-01T00:00:05Z\n---\n- 1 05d0\nA 0.0.0 8b15\n',
  ),
];

let recognise: Recogniser;
let blind: Recogniser;

beforeAll(async () => {
  recognise = await recogniserOf(indexes);
  blind = await recogniserOf([]);
});

test.each([
  ...indexes,
  exchange('https://gems.test/versions'),
  exchange('https://gems.test/names'),
  exchange('https://gems.test/info/unknown', 'This gem could not be found', 404),
  exchange('https://lists.test/gems/names'),
  ...[
    'specs.4.8.gz',
    'latest_specs.4.8.gz',
    'prerelease_specs.4.8.gz',
    'Marshal.4.8.Z',
    'quick/Marshal.4.8/nokogiri-1.16.0-x86_64-linux.gemspec.rz',
    'api/v1/dependencies?gems=rake,nokogiri',
    'api/v1/dependencies.json?gems=rake',
  ].map(path => exchange(`https://older.test/mirror/${path}`)),
])('$key.url is index', each => {
  expect(recognise(each)).toEqual({ class: 'index' });
});

test.each([
  ['https://gems.test/gems/nokogiri-1.15.0.gem', 'gem one', { name: 'nokogiri', version: '1.15.0' }],
  [
    'https://gems.test/downloads/12?v=3',
    'gem two',
    { name: 'nokogiri', version: '1.16.0', architecture: 'x86_64-linux' },
  ],
])('%s is what the index has the digest of', (url, text, expected) => {
  expect(recognise(exchange(url, text))).toEqual({ class: 'artefact', ...expected });
});

test.each([
  ['https://gems.test/gems/rake-13.1.0.gem', { name: 'rake', version: '13.1.0' }],
  ['https://corp.test/api/gems/all/gems/foo-2-1.0.gem', { name: 'foo-2', version: '1.0' }],
  [
    'https://gems.test/gems/pg-1.5.4-x64-mingw-ucrt.gem',
    { name: 'pg', version: '1.5.4', architecture: 'x64-mingw-ucrt' },
  ],
])('%s is a gem without an index too', (url, expected) => {
  expect(blind(exchange(url))).toEqual({ class: 'artefact', ...expected });
});

describe('what is not surely a gem', () => {
  test('bytes that the index has another digest of', () => {
    expect(recognise(exchange('https://gems.test/gems/nokogiri-1.15.0.gem', 'other'))).toBeUndefined();
  });

  test.each([302, 404])('an answer without one is index: %d', status => {
    const answer = exchange('https://gems.test/gems/rake-13.1.0.gem', 'x', status);
    expect(blind(answer)).toEqual({ class: 'index' });
  });

  test('a request that sends something', () => {
    const { key, ...rest } = exchange('https://gems.test/gems/rake-13.1.0.gem');
    expect(recognise({ key: { ...key, method: 'POST' }, ...rest })).toBeUndefined();
  });
});

test.each([
  ['/info/rake', 'rake\n'],
  ['/info/rake', '<html>'],
  ['/info/rake', '---\nname: not a gem\n'],
  ['/info/rake', '---\n1.0 |\nversion |\n'],
  ['/info/rake', ''],
  ['/versions', '---\n'],
  ['/versions', '[]'],
  ['/names', '---\nrake\n'],
  ['/docs/info/page', '<html>'],
])('%s is no index with the content %j', async (path, text) => {
  const odd = exchange(`https://odd.test${path}`, text);
  expect((await recogniserOf([odd]))(odd)).toBeUndefined();
});

test.each([
  'https://gems.test/gems/.gem',
  'https://gems.test/gems/rake.gem',
  'https://gems.test/gems/-1.0.gem',
  'https://gems.test/gems/rake-1.0.gem%0a',
  'https://gems.test/gems/%2e%2e/rake-1.0.gem',
  'https://gems.test/gems/..%2Frake-1.0.gem',
  'https://gems.test/gems/rake-%zz.gem',
  'https://gems.test/info/%E0%A4%A',
  'https://files.test/rake-13.1.0.gem',
  'https://gems.test/quick/Marshal.4.8/..%2f.gemspec.rz',
  '/info/rake',
  '',
])('%j is not of this kind', async url => {
  const odd = exchange(url);
  expect((await recogniserOf([odd]))(odd)).toBeUndefined();
});
