import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NpmRegistry } from '../../../testkit/npm/index.ts';
import type { AsOfAnswer, UpstreamDocument } from '../kind.ts';
import { npm } from './index.ts';
import { readDocument, type JsonObject } from './packument.ts';
import { packumentAt } from './past.ts';

const abbreviated = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*';
const full = 'application/json';

let registry: NpmRegistry;

beforeEach(async () => {
  registry = await NpmRegistry.start();
});

afterEach(() => registry.close());

async function fetched(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<UpstreamDocument> {
  const answer = await fetch(url, { headers });
  return { status: answer.status, headers: {}, body: Buffer.from(await answer.arrayBuffer()) };
}

async function asked(path: string, accept: string, asOf: string, method = 'GET') {
  const headers = { accept };
  const key = { method, url: new URL(path, registry.url).href, vary: npm.vary?.(headers) ?? {} };
  return npm.asOf?.({ key, headers }, { asOf: new Date(asOf), fetch: fetched });
}

function bodyOf(answer: AsOfAnswer | undefined): JsonObject {
  return JSON.parse(answer?.body.toString() ?? 'null') as JsonObject;
}

describe('a package with a past', () => {
  beforeEach(() => {
    registry.publish(
      { name: 'tool', version: '1.0.0', time: '2025-01-01T00:00:00.000Z', manifest: { description: 'old' } },
      { name: 'tool', version: '2.0.0-rc.1', time: '2025-02-01T00:00:00.000Z', tag: 'next' },
      { name: 'tool', version: '2.0.0', time: '2025-03-01T00:00:00.000Z' },
      { name: 'tool', version: '1.0.1', time: '2025-03-15T00:00:00.000Z', tag: 'v1' },
      { name: 'tool', version: '2.1.0', time: '2025-04-01T00:00:00.000Z' },
      { name: 'tool', version: '3.0.0-rc.1', time: '2025-05-01T00:00:00.000Z', tag: 'next' },
    );
  });

  test('the full form has the versions, times and tags of the date', async () => {
    const answer = await asked('tool', full, '2025-03-20T00:00:00Z');
    expect(answer).toMatchObject({ status: 200, headers: [['content-type', 'application/json']] });
    const body = bodyOf(answer);
    expect(Object.keys(body['versions'] as object)).toEqual(['1.0.0', '2.0.0-rc.1', '2.0.0', '1.0.1']);
    // `next` names 3.0.0-rc.1 by now: what it named then is not told.
    expect(body['dist-tags']).toEqual({ v1: '1.0.1', latest: '2.0.0' });
    expect(body['time']).toEqual({
      created: '2025-01-01T00:00:00.000Z',
      '1.0.0': '2025-01-01T00:00:00.000Z',
      '2.0.0-rc.1': '2025-02-01T00:00:00.000Z',
      '2.0.0': '2025-03-01T00:00:00.000Z',
      '1.0.1': '2025-03-15T00:00:00.000Z',
      modified: '2025-03-15T00:00:00.000Z',
    });
  });

  test('the abbreviated form is that of the registry on the date', async () => {
    const answer = await asked('tool', abbreviated, '2025-03-10T00:00:00Z');
    expect(answer?.headers).toEqual([['content-type', 'application/vnd.npm.install-v1+json']]);
    registry.now = '2025-03-10T00:00:00Z';
    const then = bodyOf({ ...(await fetched(`${registry.url}tool`, { accept: abbreviated })), headers: [] });
    expect(bodyOf(answer)).toEqual({ ...then, 'dist-tags': { latest: '2.0.0' } });
  });

  test('after the last change everything is as it is', async () => {
    const now = await fetched(`${registry.url}tool`, { accept: full });
    expect((await asked('tool', full, '2025-06-01T00:00:00Z'))?.body.toString()).toBe(now.body.toString());
  });

  test.each([
    ['tool/1.0.0', 200, '1.0.0'],
    ['tool/latest', 200, '2.0.0'],
    ['tool/v1', 404, undefined],
    ['tool/next', 404, undefined],
    ['tool/2.1.0', 404, undefined],
  ])('%s of the date is %i %s', async (path, status, version) => {
    const answer = await asked(path, full, '2025-03-10T00:00:00Z');
    expect(answer?.status).toBe(status);
    if (version !== undefined) expect(bodyOf(answer)).toMatchObject({ name: 'tool', version });
  });

  test('the tags are those of the date, whatever the client accepts', async () => {
    const answer = await asked('-/package/tool/dist-tags', '*/*', '2025-03-20T00:00:00Z');
    expect(bodyOf(answer)).toEqual({ v1: '1.0.1', latest: '2.0.0' });
    expect((await asked('-/package/tool/dist-tags', '*/*', '2024-01-01T00:00:00Z'))?.status).toBe(404);
    expect(await asked('-/package/none/dist-tags', '*/*', '2025-03-20T00:00:00Z')).toBeUndefined();
  });

  test('before the first version there was no such package', async () => {
    for (const accept of [full, abbreviated]) {
      const answer = await asked('tool', accept, '2024-12-31T23:59:59Z');
      expect(answer).toMatchObject({ status: 404, headers: [['content-type', 'application/json']] });
      expect(bodyOf(answer)).toEqual({ error: 'Not found' });
    }
    expect((await asked('tool/latest', full, '2024-01-01T00:00:00Z'))?.status).toBe(404);
  });

  test('what is for no index is left, and upstream is not asked for it', async () => {
    const date = '2025-03-10T00:00:00Z';
    expect(await asked('tool/-/tool-1.0.0.tgz', full, date)).toBeUndefined();
    expect(await asked('tool', '*/*', date)).toBeUndefined();
    expect(await asked('tool', full, date, 'PUT')).toBeUndefined();
    expect(await asked('%E0%A4%A', full, date)).toBeUndefined();
    expect(registry.requests).toEqual([]);
    expect(await asked('no-such', full, date)).toBeUndefined();
    expect(await asked('tool/9.9.9', full, date)).toBeUndefined();
  });
});

test('a scoped name is asked for as the client wrote it', async () => {
  registry.publish(
    { name: '@acme/a', version: '1.0.0', time: '2025-01-01T00:00:00.000Z' },
    { name: '@acme/a', version: '1.1.0', time: '2025-02-01T00:00:00.000Z' },
  );
  const date = '2025-01-15T00:00:00Z';
  for (const path of ['@acme%2fa', '@acme/a'])
    expect(bodyOf(await asked(path, abbreviated, date))).toMatchObject({ 'dist-tags': { latest: '1.0.0' } });
  expect(bodyOf(await asked('@acme%2fa/latest', full, date))).toMatchObject({ version: '1.0.0' });
  expect(bodyOf(await asked('-/package/@acme%2fa/dist-tags', full, date))).toEqual({ latest: '1.0.0' });
});

test('an installer is told of scripts that run', async () => {
  registry.publish(
    {
      name: 'native',
      version: '1.0.0',
      time: '2025-01-01T00:00:00.000Z',
      manifest: { scripts: { install: 'x' } },
    },
    {
      name: 'native',
      version: '1.0.1',
      time: '2025-02-01T00:00:00.000Z',
      manifest: { scripts: { test: 'x' } },
    },
  );
  const { versions } = bodyOf(await asked('native', abbreviated, '2025-03-01T00:00:00Z'));
  expect(versions).toMatchObject({ '1.0.0': { hasInstallScript: true } });
  expect(JSON.stringify(versions)).not.toContain('"scripts"');
  expect((versions as JsonObject)['1.0.1']).not.toHaveProperty('hasInstallScript');
});

test('a registry without times has no past', async () => {
  await registry.close();
  registry = await NpmRegistry.start({ timeless: true });
  registry.publish({ name: 'tool', version: '1.0.0' });
  for (const path of ['tool', 'tool/latest', '-/package/tool/dist-tags'])
    expect(await asked(path, full, '2025-01-01T00:00:00Z')).toBeUndefined();
});

describe('unpublished', () => {
  beforeEach(() => {
    registry.publish(
      { name: 'gone', version: '1.0.0', time: '2025-01-01T00:00:00.000Z' },
      { name: 'gone', version: '1.1.0', time: '2025-02-01T00:00:00.000Z' },
    );
  });

  test('a package that was there on the date and is gone cannot be given', async () => {
    registry.unpublish('gone', undefined, '2025-03-01T00:00:00.000Z');
    await expect(asked('gone', abbreviated, '2025-02-15T00:00:00Z')).rejects.toMatchObject({
      code: 'AS_OF_UNAVAILABLE',
      exit: 5,
    });
    expect((await asked('gone', abbreviated, '2025-03-15T00:00:00Z'))?.status).toBe(404);
    expect((await asked('gone', abbreviated, '2024-12-15T00:00:00Z'))?.status).toBe(404);
  });

  test('of a version only its time is left', async () => {
    registry.unpublish('gone', '1.0.0', '2025-03-01T00:00:00.000Z');
    expect(bodyOf(await asked('gone', full, '2025-02-15T00:00:00Z'))).toMatchObject({
      'dist-tags': { latest: '1.1.0' },
      time: { '1.0.0': '2025-01-01T00:00:00.000Z', modified: '2025-02-01T00:00:00.000Z' },
    });
    expect(await asked('gone/1.0.0', full, '2025-02-15T00:00:00Z')).toBeUndefined();
    await expect(asked('gone', full, '2025-01-15T00:00:00Z')).rejects.toMatchObject({
      code: 'AS_OF_UNAVAILABLE',
    });
  });
});

test('members that a registry lifts from the newest version are those of the newest then', () => {
  const document = {
    _rev: '9-x',
    name: 'tool',
    description: 'new',
    homepage: 'https://new.test/',
    readme: 'new',
    'dist-tags': { latest: '2.0.0' },
    versions: { '1.0.0': { description: 'old' }, '2.0.0': { description: 'new' } },
    time: {
      modified: '2025-03-01T00:00:00Z',
      '1.0.0': '2025-01-01T00:00:00Z',
      '2.0.0': '2025-03-01T00:00:00Z',
    },
  };
  const past = pastOf(document, '2025-02-01T00:00:00Z');
  expect(past).toEqual({
    name: 'tool',
    description: 'old',
    'dist-tags': { latest: '1.0.0' },
    versions: { '1.0.0': { description: 'old' } },
    time: { modified: '2025-01-01T00:00:00Z', '1.0.0': '2025-01-01T00:00:00Z' },
  });
});

test('a version whose time is not told, or is no time, is left out', () => {
  const versions = { '1.0.0': {}, '1.1.0': {}, '1.2.0': {} };
  const time = { '1.0.0': '2025-01-01T00:00:00Z', '1.2.0': 'yesterday' };
  const past = pastOf(
    { name: 'a', 'dist-tags': { latest: '1.2.0' }, versions, time },
    '2025-02-01T00:00:00Z',
  );
  expect(past).toMatchObject({ 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': {} } });
  expect(Object.keys(past?.['versions'] as object)).toEqual(['1.0.0']);
});

function pastOf(document: JsonObject, asOf: string): JsonObject | undefined {
  const found = readDocument(Buffer.from(JSON.stringify(document)));
  if (found?.form !== 'packument') return undefined;
  const past = packumentAt(found.packument, new Date(asOf));
  return past.found === 'versions' ? past.document : undefined;
}

type PickManifest = (packument: object, wanted: string, options: object) => { version: string };

function pickManifestOfNpm(): PickManifest | undefined {
  try {
    const root = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
    return createRequire(`${root}/npm/package.json`)('npm-pick-manifest') as PickManifest;
  } catch (error) {
    console.warn(`skipped: npm's own npm-pick-manifest is not here (${String(error)})`);
    return undefined;
  }
}

const pickManifest = pickManifestOfNpm();

test.skipIf(pickManifest === undefined)('`latest` is what npm --before takes', () => {
  const part = fc.nat(3);
  const version = fc
    .tuple(part, part, part, fc.constantFrom('', '', '-rc.1', '-beta'))
    .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`);
  const published = fc.uniqueArray(fc.tuple(version, fc.integer({ min: 1, max: 28 })), {
    selector: ([text]) => text,
    minLength: 2,
    maxLength: 8,
  });
  fc.assert(
    fc.property(published, fc.nat(), fc.integer({ min: 1, max: 28 }), (list, n, day) => {
      const stable = list.map(([text]) => text).filter(text => !text.includes('-'));
      fc.pre(stable.length > 0);
      const latest = stable[n % stable.length] ?? '';
      const date = (d: number) => `2025-01-${String(d).padStart(2, '0')}T00:00:00.000Z`;
      const versions = Object.fromEntries(list.map(([text]) => [text, { name: 'a', version: text }]));
      const time = Object.fromEntries(list.map(([text, d]) => [text, date(d)]));
      const document = { name: 'a', 'dist-tags': { latest }, versions, time };
      // Where nothing stable is left below the tag, npm gives up; there is a `latest` nevertheless.
      fc.pre(npmPicks(document, `<=${latest}`, date(day)) !== undefined);
      expect(pastOf(document, date(day))?.['dist-tags']).toEqual({
        latest: npmPicks(document, 'latest', date(day)),
      });
    }),
    { numRuns: 1000 },
  );
});

function npmPicks(document: object, wanted: string, before: string): string | undefined {
  try {
    return pickManifest?.(document, wanted, { before: new Date(before) }).version;
  } catch {
    return undefined;
  }
}
