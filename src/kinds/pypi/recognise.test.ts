import { expect, test } from 'vitest';
import { sha256, type Digest } from '../../core/index.ts';
import type { Exchange, Recogniser } from '../index.ts';
import { pypi } from './index.ts';

const json = 'application/vnd.pypi.simple.v1+json';
const html = 'application/vnd.pypi.simple.v1+html';

/** Exchanges with the bodies that they speak of. */
class Recorded {
  readonly exchanges: Exchange[] = [];
  readonly #bodies = new Map<Digest, Buffer>();

  add(url: string, type: string, text = url, status = 200, more: Partial<Exchange['key']> = {}): Exchange {
    const content = Buffer.from(text);
    const body = { digest: sha256(content), size: content.length };
    this.#bodies.set(body.digest, content);
    const headers = [['content-type', type] as const];
    const exchange = {
      key: { method: 'GET', url, vary: {}, ...more },
      responses: [{ status, headers, body }],
    };
    this.exchanges.push(exchange);
    return exchange;
  }

  recogniser(): Promise<Recogniser> {
    return pypi.recogniser({
      exchanges: this.exchanges,
      readBody: digest => Promise.resolve(this.#bodies.get(digest) ?? Buffer.alloc(0)),
    });
  }
}

const octets = 'application/octet-stream';
const hashOf = (text: string) => sha256(text).slice('sha256:'.length);

function projectJson(name: string, files: readonly object[]): string {
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name, files });
}

test('a page names its files, whatever they are called', async () => {
  const recorded = new Recorded();
  const url = 'https://files.test/ab/Foo-Bar-1.0-2.tar.gz';
  const files = [{ filename: 'Foo-Bar-1.0-2.tar.gz', url, hashes: { sha256: hashOf('sdist') } }];
  const page = recorded.add('https://pypi.test/simple/foo-bar/', json, projectJson('Foo.Bar', files));
  const sdist = recorded.add(url, octets, 'sdist');
  const metadata = recorded.add(`${url}.metadata`, octets);
  const recognise = await recorded.recogniser();
  expect(recognise(page)).toEqual({ class: 'index' });
  expect(recognise(sdist)).toEqual({ class: 'artefact', name: 'foo-bar', version: '1.0.post2' });
  expect(recognise(metadata)).toEqual({ class: 'index' });
});

test.each([
  [html, 'https://pypi.test/simple/foo/', '../../f/foo-1.0.tar.gz'],
  ['text/html; charset=utf-8', 'https://pypi.test/api/py/foo', '/f/foo-1.0.tar.gz'],
  ['text/html', 'https://pypi.test/whl/Foo/index.html', 'https://pypi.test/f/foo-1.0.tar.gz'],
])('a page of %s at %s', async (type, url, href) => {
  const recorded = new Recorded();
  const sum = hashOf('the file');
  const page = recorded.add(url, type, `<a href="${href}#sha256=${sum}">foo-1.0.tar.gz</a>`);
  const file = recorded.add('https://pypi.test/f/foo-1.0.tar.gz', octets, 'the file');
  const recognise = await recorded.recogniser();
  expect(recognise(page)).toEqual({ class: 'index' });
  expect(recognise(file)).toEqual({ class: 'artefact', name: 'foo', version: '1.0' });
});

test('a file whose bytes the index does not vouch for is none of its', async () => {
  const recorded = new Recorded();
  const url = 'https://files.test/foo-1.0-py3-none-any.whl';
  const files = [{ filename: 'foo-1.0-py3-none-any.whl', url, hashes: { sha256: hashOf('right') } }];
  recorded.add('https://pypi.test/simple/foo/', json, projectJson('foo', files));
  const changed = recorded.add(url, octets, 'wrong');
  expect((await recorded.recogniser())(changed)).toBeUndefined();
});

test('a file behind redirects, with an encoding and a query of its own', async () => {
  const recorded = new Recorded();
  const files = [{ filename: 'foo-1.0+cpu.tar.gz', url: '/f/foo-1.0%2Bcpu.tar.gz?token=1', hashes: {} }];
  recorded.add('https://pypi.test/simple/foo/', json, projectJson('foo', files));
  const hop = recorded.add('https://pypi.test/f/foo-1.0+cpu.tar.gz', 'text/plain', '', 302);
  const redirect = { ...hop.responses[0], status: 302, headers: [['location', '//cdn.test/blob/7?sig=x']] };
  recorded.exchanges[1] = { ...hop, responses: [redirect as unknown as Exchange['responses'][number]] };
  const file = recorded.add('https://cdn.test/blob/7', octets);
  expect((await recorded.recogniser())(file)).toEqual({
    class: 'artefact',
    name: 'foo',
    version: '1.0+cpu',
  });
});

test('wheels from anywhere, and their metadata', async () => {
  const recorded = new Recorded();
  const wheel = recorded.add('https://cdn.test/w/torch-2.1%2Bcu118-cp311-cp311-linux_x86_64.whl', octets);
  const metadata = recorded.add('https://cdn.test/w/foo-1-py3-none-any.whl.metadata', octets);
  const recognise = await recorded.recogniser();
  expect(recognise(wheel)).toEqual({ class: 'artefact', name: 'torch', version: '2.1+cu118' });
  expect(recognise(metadata)).toEqual({ class: 'index' });
});

test('what an index lacks is asked of it all the same', async () => {
  const recorded = new Recorded();
  const asked = { vary: pypi.vary?.({ accept: `${json}, text/html;q=0.1` }) ?? {} };
  const absent = recorded.add('https://corp.test/simple/foo/', 'text/plain', 'none', 404, asked);
  const other = recorded.add('https://corp.test/api/foo/', 'text/plain', 'none', 404);
  const recognise = await recorded.recogniser();
  expect(recognise(absent)).toEqual({ class: 'index' });
  expect(recognise(other)).toBeUndefined();
});

test.each([
  ['https://files.test/foo-1.0.tar.gz', octets, 'an sdist that no page links'],
  ['https://site.test/simple/foo/', 'text/html', '<a href="about.html">foo</a>'],
  ['https://site.test/docs/', 'text/html', '<a href="/f/foo-1.0.tar.gz">foo</a>'],
  ['https://site.test/simple/foo/', json, '{"meta":{"api-version":"2.0"},"name":"foo","files":[]}'],
  ['https://site.test/simple/foo/', json, '{"meta":{"api-version":"1.0"},"name":"foo","files":[7]}'],
  ['https://site.test/simple/foo/', json, 'nonsense'],
  ['https://site.test/%ff/%', 'text/html', '<a href="%ff-1.0.tar.gz"><a href="http://[">'],
  ['https://site.test/foo-1.0-py3-none-any.whl', 'text/html', 'Please log in'],
  ['https://site.test/%e0%a4%a.whl', octets, ''],
])('%s with %s is not of this kind', async (url, type, text) => {
  const recorded = new Recorded();
  const exchange = recorded.add(url, type, text);
  expect((await recorded.recogniser())(exchange)).toBeUndefined();
});

test('a file that was refused before it was given is left as it is', async () => {
  const recorded = new Recorded();
  const wheel = recorded.add('https://f.test/foo-1-py3-none-any.whl', octets);
  const refused = { ...wheel.responses[0], status: 404 } as Exchange['responses'][number];
  const twice = { ...wheel, responses: [refused, ...wheel.responses] };
  expect((await recorded.recogniser())(twice)).toBeUndefined();
  expect((await recorded.recogniser())({ ...wheel, key: { ...wheel.key, method: 'POST' } })).toBeUndefined();
});
