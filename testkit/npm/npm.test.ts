import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NpmRegistry } from './index.ts';

const run = promisify(execFile);

let registry: NpmRegistry;

beforeEach(async () => {
  registry = await NpmRegistry.start();
  registry.publish(
    { name: 'tool', version: '1.0.0', time: '2025-01-01T00:00:00.000Z' },
    { name: 'tool', version: '2.0.0-rc.1', time: '2025-02-01T00:00:00.000Z', tag: 'next' },
    { name: 'tool', version: '2.0.0', time: '2025-03-01T00:00:00.000Z' },
  );
});

afterEach(() => registry.close());

async function get(path: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`${registry.url}${path}`, { headers });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    json: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

test('what is published later than now is not there yet', async () => {
  registry.now = '2025-02-15T00:00:00Z';
  expect((await get('tool')).json).toMatchObject({
    'dist-tags': { latest: '1.0.0', next: '2.0.0-rc.1' },
    time: { created: '2025-01-01T00:00:00.000Z', modified: '2025-02-01T00:00:00.000Z' },
  });
  expect((await get('tool/2.0.0')).status).toBe(404);
  expect((await fetch(`${registry.url}tool/-/tool-2.0.0.tgz`)).status).toBe(404);
  expect((await fetch(`${registry.url}tool/-/tool-1.0.0.tgz`)).status).toBe(200);
  registry.now = '2024-12-31T00:00:00Z';
  expect((await get('tool')).status).toBe(404);
});

test('tags have a history of their own', async () => {
  registry.tag('tool', 'next', undefined, '2025-03-02T00:00:00.000Z');
  registry.tag('tool', 'latest', '1.0.0', '2025-03-03T00:00:00.000Z');
  const tags = async (now: string) => {
    registry.now = now;
    return (await get('-/package/tool/dist-tags')).json;
  };
  expect(await tags('2025-03-01T12:00:00Z')).toEqual({ latest: '2.0.0', next: '2.0.0-rc.1' });
  expect(await tags('2025-03-02T12:00:00Z')).toEqual({ latest: '2.0.0' });
  expect(await tags('2025-03-03T12:00:00Z')).toEqual({ latest: '1.0.0' });
});

test('what is unpublished leaves its time', async () => {
  registry.unpublish('tool', '2.0.0-rc.1', '2025-03-05T00:00:00.000Z');
  const { json } = await get('tool');
  expect(json).toMatchObject({
    'dist-tags': { latest: '2.0.0' },
    time: { '2.0.0-rc.1': '2025-02-01T00:00:00.000Z' },
  });
  expect(json).not.toHaveProperty(['versions', '2.0.0-rc.1']);
  registry.unpublish('tool', undefined, '2025-03-06T00:00:00.000Z');
  const gone = (await get('tool')).json;
  expect(gone).toMatchObject({ time: { unpublished: { time: '2025-03-06T00:00:00.000Z' } } });
  expect(gone).not.toHaveProperty('versions');
});

test('the two forms have entity tags of their own', async () => {
  const full = await get('tool');
  const accept = 'application/vnd.npm.install-v1+json';
  const abbreviated = await get('tool', { accept });
  expect(abbreviated.headers.get('content-type')).toBe(accept);
  expect(abbreviated.json).not.toHaveProperty('time');
  const tag = full.headers.get('etag') ?? '';
  expect(abbreviated.headers.get('etag')).not.toBe(tag);
  expect((await get('tool', { 'if-none-match': tag })).status).toBe(304);
  expect((await get('tool', { 'if-none-match': tag, accept })).status).toBe(200);
});

test('npm takes from it what there is now, and what there was before a date', async ({ skip }) => {
  const npm = await run('npm', ['--version']).then(
    () => true,
    () => false,
  );
  if (!npm) console.warn('skipped: npm is not here');
  skip(!npm, 'npm is not here');
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-testkit-npm-'));
  try {
    await writeFile(join(directory, 'package.json'), '{"private":true}');
    const env = { PATH: process.env['PATH'], HOME: directory };
    const install = async (...args: string[]) => {
      await run('npm', ['install', '--registry', registry.url, ...args], { cwd: directory, env });
      const text = await readFile(join(directory, 'node_modules/tool/package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    };
    expect(await install('tool')).toBe('2.0.0');
    expect(await install('tool@latest', '--before', '2025-01-15')).toBe('1.0.0');
    expect(await install('tool@next')).toBe('2.0.0-rc.1');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
