import { expect, test } from 'vitest';
import type { AsOfAnswer } from '../index.ts';
import { startTags } from './html.ts';
import { pypi } from './index.ts';

const json = 'application/vnd.pypi.simple.v1+json';
const url = 'https://pypi.test/simple/foo/';

const file = (filename: string, uploadTime?: string, more: object = {}) => ({
  filename,
  url: `https://files.test/${filename}`,
  hashes: { md5: '0', sha256: 'ab' },
  ...(uploadTime !== undefined && { 'upload-time': uploadTime }),
  ...more,
});

const page = {
  meta: { 'api-version': '1.4', '_last-serial': 7, tracks: ['https://x.test/'] },
  name: 'foo',
  'project-status': { status: 'active' },
  versions: ['1.0', '1.1', '2.0b1', '2.0'],
  files: [
    file('foo-1.0.tar.gz', '2024-01-01T00:00:00.123456Z'),
    file('foo-1.1-py3-none-any.whl', '2024-02-01T00:00:00Z', {
      'requires-python': '>=3.8,<4',
      yanked: 'says "no" & more',
      'core-metadata': { sha256: 'cd' },
      future: [1],
    }),
    file('foo-1.1.tar.gz'),
    file('foo-2.0.beta1.tar.gz', '2024-06-01T00:00:00Z'),
    file('foo-2.0.tar.gz', '2025-01-01T00:00:00Z'),
  ],
};

interface Asked {
  readonly accept?: string;
  readonly document?: unknown;
  readonly type?: string;
  readonly status?: number;
  readonly at?: string;
  readonly method?: string;
}

const untouched = Symbol('not fetched');

async function ask(asOf: string, asked: Asked = {}): Promise<AsOfAnswer | typeof untouched | undefined> {
  const { accept = json, document = page, type = json, status = 200, at = url, method = 'GET' } = asked;
  let fetched = 0;
  const answer = await pypi.asOf?.(
    { key: { method, url: at, vary: {} }, headers: { accept } },
    {
      asOf: new Date(asOf),
      fetch: (address, headers) => {
        fetched++;
        expect(address).toBe(at);
        expect(headers).toEqual({ accept: json });
        const body = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
        return Promise.resolve({ status, headers: { 'content-type': type }, body });
      },
    },
  );
  return fetched === 0 ? untouched : answer;
}

const answered = async (asOf: string, asked: Asked = {}) => {
  const answer = await ask(asOf, asked);
  if (answer === undefined || answer === untouched) throw new Error('no answer');
  return answer;
};

test('the JSON form: what was there, and every member that it had', async () => {
  const { status, headers, body } = await answered('2024-03-01T00:00:00Z');
  expect([status, headers]).toEqual([200, [['content-type', json]]]);
  expect(JSON.parse(body.toString())).toEqual({
    meta: { 'api-version': '1.4', tracks: ['https://x.test/'] },
    name: 'foo',
    'project-status': { status: 'active' },
    versions: ['1.0', '1.1'],
    files: [page.files[0], page.files[1]],
  });
});

test('versions are those of the files, however both are spelled', async () => {
  const { body } = await answered('2024-06-01T00:00:00Z');
  expect((JSON.parse(body.toString()) as typeof page).versions).toEqual(['1.0', '1.1', '2.0b1']);
});

test('nothing changes with what is uploaded later', async () => {
  const later = {
    ...page,
    meta: { ...page.meta, '_last-serial': 99 },
    versions: [...page.versions, '3.0'],
    files: [...page.files, file('foo-3.0.tar.gz', '2026-01-01T00:00:00Z')],
  };
  for (const accept of [json, 'text/html'])
    expect(await answered('2024-03-01T00:00:00Z', { accept, document: later })).toEqual(
      await answered('2024-03-01T00:00:00Z', { accept }),
    );
});

test.each([
  ['application/vnd.pypi.simple.v1+html', 'application/vnd.pypi.simple.v1+html; charset=UTF-8'],
  ['text/html', 'text/html; charset=UTF-8'],
  ['*/*', 'text/html; charset=UTF-8'],
])('the HTML form, for Accept %s', async (accept, type) => {
  const { headers, body } = await answered('2024-03-01T00:00:00Z', { accept });
  expect(headers).toEqual([['content-type', type]]);
  const anchors = startTags(body.toString(), ['a']).map(({ attributes }) => Object.fromEntries(attributes));
  expect(anchors).toEqual([
    { href: 'https://files.test/foo-1.0.tar.gz#sha256=ab' },
    {
      href: 'https://files.test/foo-1.1-py3-none-any.whl#sha256=ab',
      'data-requires-python': '>=3.8,<4',
      'data-yanked': 'says "no" & more',
      'data-core-metadata': 'sha256=cd',
    },
  ]);
  expect(body.toString()).toContain('data-requires-python="&gt;=3.8,&lt;4"');
});

test('a name that was not there yet', async () => {
  expect((await answered('2023-01-01T00:00:00Z')).status).toBe(404);
});

test('hostile texts stay texts', async () => {
  const filename = `foo-1.0"><script>'.tar.gz`;
  const document = { ...page, files: [file(filename, '2024-01-01T00:00:00Z')] };
  const { body } = await answered('2024-03-01T00:00:00Z', { accept: 'text/html', document });
  expect(body.toString()).not.toContain('<script');
});

test.each<[string, Asked]>([
  ['no times', { document: { ...page, files: [file('foo-1.0.tar.gz')] } }],
  ['times that are none', { document: { ...page, files: [file('foo-1.0.tar.gz', 'soon')] } }],
  ['no files', { document: { ...page, files: [] } }],
  ['no JSON form', { type: 'text/html; charset=utf-8' }],
  ['no such project', { status: 404 }],
  ['no JSON', { document: '{"files":' }],
  ['a page of all projects', { document: { meta: page.meta, projects: [] } }],
  ['another major version', { document: { ...page, meta: { 'api-version': '2.0' } } }],
])('%s upstream: its answer stands as it is', async (_what, asked) => {
  expect(await ask('2024-03-01T00:00:00Z', asked)).toBeUndefined();
});

test.each<[Asked]>([
  [{ at: 'https://files.test/foo-1.0.tar.gz' }],
  [{ at: 'https://files.test/foo-1.0-py3-none-any.whl.metadata', accept: '*/*' }],
  [{ at: 'https://site.test/foo/', accept: 'text/html' }],
  [{ at: 'https://site.test/simple/%ff/' }],
  [{ at: 'https://pypi.test/simple/foo/?format=x' }],
  [{ at: 'https://pypi.test/' }],
  [{ method: 'POST' }],
])('upstream is not asked for %j', async asked => {
  expect(await ask('2024-03-01T00:00:00Z', asked)).toBe(untouched);
});
