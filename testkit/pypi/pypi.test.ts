import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildSdist, buildWheel, findPip, PypiIndex, type IndexOptions } from './index.ts';

// The judge is the machine's own pip.
const pip = await findPip();
if (pip === undefined) console.log('skipped: testkit/pypi against pip, which this machine does not have');

const json = 'application/vnd.pypi.simple.v1+json';

test('the same release gives the same bytes', () => {
  const release = { requires: ['left>=1'], scripts: { demo: 'demo:main' } };
  expect(buildWheel('Demo', '1.0', release)).toEqual(buildWheel('Demo', '1.0', release));
  expect(buildSdist('Demo', '1.0', release)).toEqual(buildSdist('Demo', '1.0', release));
});

describe('an index', () => {
  let index: PypiIndex;
  beforeAll(async () => {
    index = await PypiIndex.start();
    index.add('Demo.Kit', '1.0', { uploadTime: '2024-01-01T00:00:00Z', requiresPython: '>=3.6' });
    index.add('Demo.Kit', '2.0', { uploadTime: '2025-01-01T00:00:00Z', yanked: 'a "bad" <one>' });
  });
  beforeEach(() => {
    index.now = undefined;
  });
  afterAll(() => index.close());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, index.url), { headers, redirect: 'manual' });

  test.each([
    [undefined, 'text/html; charset=UTF-8'],
    [`${json}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01`, json],
    ['application/vnd.pypi.simple.v1+html', 'application/vnd.pypi.simple.v1+html; charset=UTF-8'],
    [`${json};q=0.1, */*`, 'text/html; charset=UTF-8'],
  ])('to Accept %s answers in %s', async (accept, type) => {
    const response = await get('demo-kit/', accept === undefined ? {} : { accept });
    expect(response.headers.get('content-type')).toBe(type);
  });

  test('answers 406 where it has no such form', async () => {
    expect((await get('demo-kit/', { accept: 'image/png' })).status).toBe(406);
  });

  test('shows what was uploaded by now', async () => {
    const versions = async () => ((await (await get('demo-kit/', { accept: json })).json()) as Page).versions;
    expect(await versions()).toEqual(['1.0', '2.0']);
    index.now = new Date('2024-06-01T00:00:00Z');
    expect(await versions()).toEqual(['1.0']);
    index.now = new Date('2023-06-01T00:00:00Z');
    expect((await get('demo-kit/')).status).toBe(404);
    expect(await (await get('')).text()).not.toContain('demo-kit');
  });

  test('leads to the normal name, and knows what the client has already', async () => {
    expect((await get('Demo_Kit')).headers.get('location')).toBe('/simple/demo-kit/');
    const etag = (await get('demo-kit/')).headers.get('etag') ?? '';
    expect((await get('demo-kit/', { 'if-none-match': etag })).status).toBe(304);
    expect((await get('%ff/')).status).toBe(404);
    expect((await get('A%0a')).headers.get('location')).toBe('/simple/a%0A/');
  });
});

interface Page {
  readonly versions: readonly string[];
}

describe.skipIf(pip === undefined)('before the eyes of pip', () => {
  let directory: string;
  let index: PypiIndex | undefined;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pypi-index-'));
  });
  afterEach(async () => {
    await index?.close();
    await rm(directory, { recursive: true });
  });

  async function world(options: IndexOptions): Promise<PypiIndex> {
    index = await PypiIndex.start(options);
    index.add('Toolbox', '1.0', { files: ['wheel'] });
    index.add('leaf', '1.0');
    index.add('leaf', '1.1');
    index.add('leaf', '1.2', { yanked: true });
    index.add('leaf', '1.3', { requiresPython: '>=99' });
    index.add('Tree.House', '2.0', { requires: ['leaf>=1.0'] });
    index.add('Old-Style', '0.1', {
      files: ['old-sdist'],
      requires: ['leaf'],
      buildRequires: ['toolbox'],
      buildImports: ['toolbox'],
    });
    return index;
  }

  const download = async (from: PypiIndex, ...args: string[]) => {
    const result = await pip?.run(['download', '--index-url', from.url, '--dest', directory, ...args]);
    expect(result?.exitCode, result?.output).toBe(0);
    return (await readdir(directory)).toSorted();
  };

  test.each([
    ['JSON', {}],
    ['HTML', { json: false }],
  ])('wheels and what they need, by %s', async (_form, options) => {
    expect(await download(await world(options), 'tree-house')).toEqual([
      'leaf-1.1-py3-none-any.whl',
      'tree_house-2.0-py3-none-any.whl',
    ]);
    expect(index?.requests.map(({ url }) => url)).toContainEqual(expect.stringMatching(/\/tree-house\/$/));
  });

  test('an sdist, with what building it needs', async () => {
    expect(await download(await world({}), 'old_style')).toEqual([
      'Old-Style-0.1.tar.gz',
      'leaf-1.1-py3-none-any.whl',
    ]);
    expect(index?.requests.map(({ url }) => url)).toContainEqual(expect.stringMatching(/\/toolbox-1\.0-py3/));
  });

  test('a wheel is a whole zip whose RECORD is right', async () => {
    const { name, bytes } = buildWheel('demo', '1.0', { scripts: { demo: 'demo:main' } });
    await writeFile(join(directory, name), bytes);
    const script = [
      'import base64, csv, hashlib, io, sys, zipfile',
      'wheel = zipfile.ZipFile(sys.argv[1])',
      'assert wheel.testzip() is None',
      'rows = {row[0]: row for row in csv.reader(io.StringIO(wheel.read("demo-1.0.dist-info/RECORD").decode()))}',
      'assert sorted(rows) == sorted(wheel.namelist())',
      'for path, digest, size in rows.values():',
      '    if digest:',
      '        content = wheel.read(path)',
      '        right = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()',
      '        assert (digest, size) == ("sha256=" + right, str(len(content))), path',
      'print(len(rows))',
    ].join('\n');
    const output = execFileSync(pip?.python ?? '', ['-c', script, join(directory, name)]);
    expect(output.toString()).toBe('5\n');
  });
});
