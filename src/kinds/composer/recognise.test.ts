import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hexOf, sha256, type Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import type { Recognised } from '../kind.ts';
import { composer } from './index.ts';

const bodies = new Map<Digest, Buffer>();

function exchange(url: string, content: unknown = url, answer = { status: 200, location: '' }): Exchange {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const body = { digest: sha256(text), size: text.length };
  bodies.set(body.digest, Buffer.from(text));
  const headers = answer.location === '' ? [] : [['location', answer.location] as const];
  return {
    key: { method: 'GET', url, vary: {} },
    responses: [{ status: answer.status, headers, body }],
  };
}

function redirect(from: string, location: string): Exchange {
  return exchange(from, '', { status: 302, location });
}

async function recognised(exchanges: readonly Exchange[]): Promise<(Recognised | undefined)[]> {
  const recognise = await composer.recogniser({
    exchanges,
    readBody: digest => Promise.resolve(bodies.get(digest) ?? Buffer.alloc(0)),
  });
  return exchanges.map(recognise);
}

async function first(...exchanges: readonly Exchange[]): Promise<Recognised | undefined> {
  return (await recognised(exchanges))[0];
}

const monolog = 'https://repo.test/p2/monolog/monolog.json';
const metadata = exchange(monolog, {
  minified: 'composer/2.0',
  packages: {
    'monolog/monolog': [
      {
        name: 'monolog/monolog',
        version: '3.5.0',
        dist: { type: 'zip', url: 'https://git.test/zipball/c915' },
      },
      { version: '3.4.0', dist: { type: 'zip', url: 'https://git.test/zipball/e2a0' } },
      { version: '3.3.0' },
      { version: '1.0.0', dist: '__unset' },
      { version: '0.9.0', dist: { type: 'zip', url: 'https://git.test/zipball/09a0' } },
    ],
  },
});
const monologOf = (version: string) => ({ class: 'artefact', name: 'monolog/monolog', version });
const index = { class: 'index' };

describe('an archive is what a repository names', () => {
  test('the URL of a version in full', async () => {
    expect(await first(exchange('https://git.test/zipball/09a0'), metadata)).toEqual(monologOf('0.9.0'));
    expect(await first(exchange('https://git.test/zipball/c915'), metadata)).toEqual(monologOf('3.5.0'));
    expect(await first(exchange('https://git.test/zipball/0000'), metadata)).toBeUndefined();
  });

  test('of two releases of one commit, the one that is listed first', async () => {
    expect(await first(exchange('https://git.test/zipball/e2a0'), metadata)).toEqual(monologOf('3.4.0'));
  });

  test('and where that redirects to, on any number of steps', async () => {
    const chain = [
      redirect('https://git.test/zipball/c915', '/moved/c915'),
      redirect('https://git.test/moved/c915', 'https://cdn.test/c915?x=1'),
      exchange('https://cdn.test/c915?x=1'),
      metadata,
    ];
    expect(await recognised(chain)).toEqual([index, index, monologOf('3.5.0'), index]);
  });

  test('redirects in a circle end', async () => {
    const circle = [
      redirect('https://git.test/zipball/c915', 'https://git.test/two'),
      redirect('https://git.test/two', 'https://git.test/zipball/c915'),
      redirect('https://git.test/three', 'http://[broken'),
    ];
    expect(await recognised([...circle, metadata])).toEqual([index, index, undefined, index]);
  });

  test('an absent one is index', async () => {
    const absent = exchange('https://git.test/zipball/c915', 'gone', { status: 404, location: '' });
    expect(await first(absent, metadata)).toEqual(index);
  });

  test.each(['dev-main', '3.x-dev'])('a release names it better than the branch %s', async branch => {
    const dist = { url: '../../files/one.zip' };
    const packages = {
      'v/n': [
        { version: branch, dist },
        { version: 'v2.0', dist },
        { version: '9.9.x-dev', dist },
      ],
    };
    const document = exchange('https://repo.test/p2/v/n~dev.json', { packages });
    const archive = exchange('https://repo.test/files/one.zip');
    expect(await first(archive, document)).toEqual({ class: 'artefact', name: 'v/n', version: 'v2.0' });
  });

  test('a root that holds the packages itself', async () => {
    const packages = {
      'v/n': { '1.0': { version: '1.0', dist: { url: 'https://a:b@repo.test/dist/n.zip#x' } } },
    };
    const root = exchange('https://repo.test/packages.json', { packages });
    const archive = exchange('https://repo.test/dist/n.zip');
    expect(await first(archive, root)).toEqual({ class: 'artefact', name: 'v/n', version: '1.0' });
  });
});

const part = JSON.stringify({ providers: {} });
const include = JSON.stringify({ packages: {} });
const sha1 = createHash('sha1').update(include).digest('hex');

test.each([
  metadata,
  exchange('https://repo.test/p2/v/n~dev.json', { packages: { 'v/n': [] } }),
  exchange('https://corp.test/api/group/1/-/packages/composer/p2/v/n.json', { packages: { 'v/n': [] } }),
  exchange('https://repo.test/packages.json', { packages: [], 'metadata-url': '/p2/%package%.json' }),
  exchange(`https://repo.test/p/provider-2024%24${hexOf(sha256(part))}.json`, part),
  exchange(`https://repo.test/include/all$${sha1}.json`, include),
  exchange('https://packages.test/search.json?q=monolog', { results: [], total: 0 }),
  exchange('https://packages.test/api/security-advisories/?updatedSince=1', { advisories: [] }),
])('$key.url is index', async each => {
  expect(await first(each)).toEqual(index);
});

test('asking for advisories sends the names', async () => {
  const { key, ...rest } = exchange('https://packages.test/api/security-advisories/', { advisories: {} });
  expect(await first({ key: { ...key, method: 'POST' }, ...rest })).toEqual(index);
});

test('a repository that is known has or has not a package', async () => {
  const absent = (host: string) =>
    exchange(`https://${host}/p2/v/n~dev.json`, 'x', { status: 404, location: '' });
  expect(await first(absent('repo.test'), metadata)).toEqual(index);
  expect(await first(absent('other.test'), metadata)).toBeUndefined();
});

test.each([
  ['https://repo.test/p2/v/n.json', 'null'],
  ['https://repo.test/p2/v/n.json', '{'],
  ['https://repo.test/p2/v/n.json', '{"packages":{"v/other":[]}}'],
  ['https://repo.test/p2/v/n.json', '{"packages":{"v/n":[1]}}'],
  ['https://repo.test/packages.json', '{"name":"x"}'],
  ['https://repo.test/packages.json', '[]'],
  [`https://repo.test/p/v/n$${'0'.repeat(64)}.json`, '{"packages":{}}'],
  ['https://repo.test/search.json', '{"results":[]}'],
  ['https://repo.test/api/security-advisories', '{"advisories":null}'],
])('%s is no index with the content %s', async (url, text) => {
  expect(await first(exchange(url, text))).toBeUndefined();
});

test.each([
  'https://repo.test/p2/v.json',
  'https://repo.test/p2//n.json',
  'https://repo.test/p2/../n.json',
  'https://repo.test/p2/%2e%2e%2fx/n.json',
  'https://repo.test/p2/v/%zz.json',
  'https://repo.test/p2/v/~dev.json',
  'https://files.test/archive.zip',
  '/packages.json',
  '',
])('%j is not of this kind', async url => {
  const content = { packages: { 'v/n': [], '../n': [], '': [] } };
  expect(await first(exchange(url, content))).toBeUndefined();
});

test.each([{ url: 12 }, { url: '' }, { url: 'http://[' }, null, 'x', []])('an odd dist: %j', async dist => {
  const packages = {
    'v/n': [{ version: '1.0', dist }],
    'odd name': [{ version: '1.0', dist: { url: 'https://x.test/' } }],
  };
  const document = exchange('https://repo.test/p2/v/n.json', { packages });
  expect(await first(exchange('https://x.test/'), document)).toBeUndefined();
});
