import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allZip, osvRecordJson, secdbJson, trackerJson } from '../../testkit/feeds/index.ts';
import { upstreamError } from '../core/index.ts';
import { baseScore, levelOfScore } from './cvss.ts';
import { advisoriesOn } from './judge.ts';
import { loadFeeds, type FeedEffects } from './load-feeds.ts';
import { outcomeFor } from './osv/affected.ts';
import { osvRecord } from './osv/record.ts';
import { distributionFrom, namedIn, type Subject } from './subject.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-feeds-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const effects: FeedEffects = {
  fetch: url =>
    Promise.reject(upstreamError('GATEWAY_UPSTREAM_UNREACHABLE', `${url} is down`, { next: 'Wait.' })),
  post: url =>
    Promise.reject(upstreamError('GATEWAY_UPSTREAM_UNREACHABLE', `${url} is down`, { next: 'Wait.' })),
};
const none = { osv: [], debian: [], alpine: [], npm: [], vex: [] };
const web = (version: string): Subject => ({ kind: 'pypi', name: 'web', version });

test.each([
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8, 'critical'],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1, 'medium'],
  ['CVSS:3.0/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:L', 2.5, 'low'],
  ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H', 9.9, 'critical'],
  ['CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N', 0, 'negligible'],
])('%s is %d', (vector, score, level) => {
  expect(baseScore(vector)).toBe(score);
  expect(levelOfScore(score)).toBe(level);
});

test('what is no vector of CVSS 3 has no score', () => {
  for (const text of ['', 'CVSS:4.0/AV:N', 'CVSS:3.1/AV:X/AC:L', 'medium'])
    expect(baseScore(text)).toBeUndefined();
});

describe('OSV', () => {
  const compare = (a: string, b: string) => Number(a) - Number(b);
  const affected = (events: object[], versions: string[] = []) =>
    osvRecord({
      id: 'X',
      affected: [
        { package: { ecosystem: 'E', name: 'n' }, ranges: [{ type: 'ECOSYSTEM', events }], versions },
      ],
    })?.affected[0];
  const states = (events: object[], versions: string[] = []) =>
    ['1', '2', '3', '4', '5'].map(version => {
      const one = affected(events, versions);
      const outcome = one && outcomeFor(version, one, compare);
      return `${outcome?.state === 'affected' ? '!' : '.'}${outcome?.fixedIn ?? ''}`;
    });

  test('introduced and fixed, more than once, in any order', () => {
    expect(states([{ fixed: '5' }, { introduced: '4' }, { fixed: '2' }, { introduced: '0' }])).toEqual([
      '!2',
      '.',
      '.',
      '!5',
      '.',
    ]);
  });
  test('last affected, and limits', () => {
    expect(states([{ introduced: '2' }, { last_affected: '3' }])).toEqual(['.', '!', '!', '.', '.']);
    expect(states([{ introduced: '2' }, { limit: '4' }])).toEqual(['.', '!', '!', '.', '.']);
  });
  test('versions that are listed, whatever the ranges say', () => {
    expect(states([{ introduced: '4' }, { fixed: '5' }], ['1'])).toEqual(['!5', '.', '.', '!5', '.']);
  });
  test('records of another shape are none', () => {
    for (const value of [null, [], {}, { id: 1 }, { id: 'X', withdrawn: '2026-01-01T00:00:00Z' }])
      expect(osvRecord(value)).toBeUndefined();
    expect(osvRecord({ id: 'X', affected: 'no', aliases: [1], severity: {} })).toMatchObject({
      affected: [],
      aliases: [],
    });
  });
});

test('from a directory, a file and a ZIP archive, none of them fetched', async () => {
  const spec = { id: 'GHSA-1', ecosystem: 'PyPI', name: 'web', fixed: '2.0', severity: 'HIGH' };
  await mkdir(join(root, 'dir/deep'), { recursive: true });
  await writeFile(join(root, 'dir/deep/GHSA-1.json'), osvRecordJson(spec));
  await writeFile(join(root, 'dir/other.json'), '{ not json');
  await writeFile(join(root, 'one.json'), osvRecordJson(spec));
  await writeFile(join(root, 'all.zip'), allZip([{ ...spec, id: 'GHSA-0', name: 'other' }, spec]));
  for (const place of ['dir', 'one.json', 'all.zip']) {
    const judge = await loadFeeds({ ...none, osv: [join(root, place)] }, [web('1.0')], [], effects);
    expect(judge.failures).toEqual([]);
    expect(
      advisoriesOn(web('1.0'), judge).map(({ flaw }) => flaw),
      place,
    ).toEqual(['GHSA-1']);
    expect(advisoriesOn(web('2.0'), judge)).toEqual([]);
  }
});

test('a feed that fails is told of, and the others count', async () => {
  await writeFile(
    join(root, 'good.zip'),
    allZip([{ id: 'GHSA-1', ecosystem: 'PyPI', name: 'web', fixed: '2.0' }]),
  );
  await writeFile(join(root, 'bad.zip'), 'PK\u0003\u0004');
  const osv = [
    join(root, 'good.zip'),
    join(root, 'bad.zip'),
    join(root, 'missing'),
    'https://osv.test/all.zip',
  ];
  const judge = await loadFeeds(
    { ...none, osv, debian: [join(root, 'good.zip')] },
    [web('1.0')],
    [],
    effects,
  );
  expect(judge.failures.map(({ code }) => code).toSorted()).toEqual([
    'ADVISORY_FEED_INVALID',
    'ADVISORY_FEED_INVALID',
    'ADVISORY_FEED_MISSING',
    'GATEWAY_UPSTREAM_UNREACHABLE',
  ]);
  expect(advisoriesOn(web('1.0'), judge)).toHaveLength(1);
  const usual = await loadFeeds(
    {},
    [web('1.0'), { kind: 'npm', name: 'a', version: '1.0.0' }],
    ['https://npm.test/'],
    effects,
  );
  // Where the message begins with the place, that is said once.
  expect(usual.failures.map(({ feed, why }) => `${feed}: ${why}`).toSorted()).toEqual([
    'https://npm.test/: -/npm/v1/security/advisories/bulk is down',
    'https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip: is down',
  ]);
});

test('npm’s audit: the range that a version lies in says what fixes it', async () => {
  const flaw = {
    id: 7,
    url: 'https://github.com/advisories/GHSA-a-b-c',
    title: 'T',
    severity: 'high',
    vulnerable_versions: '<1.2.3 || >=2.0.0 <2.1.0',
    cvss: { score: 7.5 },
  };
  const asked: unknown[] = [];
  const post: FeedEffects['post'] = (_url, body) => {
    asked.push(JSON.parse(body.toString()));
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify({ tool: [flaw] })) });
  };
  const tool = (version: string): Subject => ({ kind: 'npm', name: 'tool', version });
  const subjects = [tool('1.0.0'), tool('2.0.5'), web('1')];
  const judge = await loadFeeds({ ...none, npm: undefined }, subjects, ['https://npm.test/'], {
    ...effects,
    post,
  });
  expect(asked).toEqual([{ tool: ['1.0.0', '2.0.5'] }]);
  const found = ['1.0.0', '1.2.3', '2.0.5', '2.1.0-rc.1', '2.1.0'].map(
    version => advisoriesOn(tool(version), judge)[0]?.fixedIn,
  );
  expect(found).toEqual(['1.2.3', undefined, '2.1.0', '2.1.0', undefined]);
  expect(advisoriesOn(tool('1.0.0'), judge)[0]).toMatchObject({
    flaw: 'GHSA-a-b-c',
    severity: { level: 'high', score: 7.5 },
  });
});

test('Alpine’s secdb: by what a package was built from; version 0 never had it', async () => {
  const path = join(root, 'main.json');
  await writeFile(
    path,
    secdbJson('v3.19', { curl: { '8.5.0-r0': ['CVE-2026-1000 GHSA-x'], '0': ['CVE-2026-1001'] } }),
  );
  const on = (version: string, release: string): Subject => ({
    kind: 'apk',
    name: 'libcurl',
    version,
    source: { name: 'curl', version },
    distribution: { id: 'alpine', version: release },
  });
  const judge = await loadFeeds({ ...none, alpine: [path] }, [on('8.4.0-r9', '3.19.1')], [], effects);
  const flaws = (subject: Subject) =>
    advisoriesOn(subject, judge).map(({ flaw, fixedIn }) => `${flaw} ${fixedIn}`);
  expect(flaws(on('8.4.0-r9', '3.19.1'))).toEqual(['CVE-2026-1000 8.5.0-r0']);
  expect(flaws(on('8.5.0-r0', '3.19.1'))).toEqual([]);
  expect(flaws(on('8.4.0-r9', '3.18.0'))).toEqual([]);
});

test('a release of Ubuntu, with long support or not; records of the whole family', async () => {
  const record = (id: string, ecosystem: string) => ({
    id,
    ecosystem,
    name: 'curl',
    fixed: '7.81.0-1ubuntu1.15',
  });
  await writeFile(
    join(root, 'ubuntu.zip'),
    allZip([
      record('UBUNTU-CVE-2026-1111', 'Ubuntu:22.04:LTS'),
      record('UBUNTU-CVE-2026-2222', 'Ubuntu:24.04:LTS'),
    ]),
  );
  const distribution = distributionFrom(
    'NAME="Ubuntu"\nVERSION="22.04.4 LTS (Jammy Jellyfish)"\nID=ubuntu\nVERSION_ID="22.04"\n',
  );
  const subject: Subject = { kind: 'apt', name: 'curl', version: '7.81.0-1ubuntu1.9', distribution };
  expect(namedIn(subject)?.ecosystem).toBe('Ubuntu:22.04:LTS');
  const judge = await loadFeeds({ ...none, osv: [join(root, 'ubuntu.zip')] }, [subject], [], effects);
  expect(advisoriesOn(subject, judge).map(({ ids }) => ids)).toEqual([['UBUNTU-CVE-2026-1111']]);
});

test('names and versions as advisories have them', () => {
  const named = (kind: Subject['kind'], name: string, version: string) => namedIn({ kind, name, version });
  expect(named('pypi', 'Foo_Bar', '1')).toEqual({ ecosystem: 'PyPI', name: 'foo-bar', version: '1' });
  expect(named('maven', 'org.a:b:pom', '1')).toEqual({ ecosystem: 'Maven', name: 'org.a:b', version: '1' });
  expect(named('go', 'golang.org/toolchain', 'v0.0.1-go1.22.3.linux-amd64')).toEqual({
    ecosystem: 'Go',
    name: 'stdlib',
    version: '1.22.3',
  });
  expect(named('apt', 'x', '1')).toBeUndefined();
});

test('the tracker of another release says nothing', async () => {
  const path = join(root, 'tracker');
  await writeFile(path, trackerJson([{ source: 'curl', id: 'CVE-2026-1', status: 'open' }]));
  const on = (codename: string): Subject => ({
    kind: 'apt',
    name: 'curl',
    version: '1',
    distribution: { id: 'debian', version: '12', codename },
  });
  const judge = await loadFeeds({ ...none, debian: [path] }, [on('bookworm')], [], effects);
  expect(advisoriesOn(on('bookworm'), judge)).toHaveLength(1);
  expect(advisoriesOn(on('trixie'), judge)).toEqual([]);
});
