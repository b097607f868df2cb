import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sha256, hexOf, type Digest } from '../core/index.ts';
import { latestCrates } from './cargo/latest.ts';
import { latestPackages as latestComposer } from './composer/latest.ts';
import { latestDistributions } from './cpan/latest.ts';
import { latestFiles } from './file/latest.ts';
import { latestGems } from './gem/latest.ts';
import { latestCommits } from './git/latest.ts';
import { latestModules } from './go/latest.ts';
import { latestImages } from './image/latest.ts';
import type { LockedInput, LookUp } from './latest.ts';
import { latestArtifacts } from './maven/latest.ts';
import { latestPackages as latestNpm } from './npm/latest.ts';
import { latestProjects } from './pypi/latest.ts';
import { lookUpContext } from './testing/look-up-context.ts';

const versions = (found: readonly LookUp[]) =>
  found.map(one => (one.state === 'ok' ? `${one.newest.version} ${one.inRange.version}` : one.state));
const remarks = (found: readonly LookUp[]) =>
  found.flatMap(one => (one.state === 'ok' ? one.remarks.map(({ is }) => is) : []));
const since = (found: readonly LookUp[]) =>
  found.map(one => (one.state === 'ok' ? one.newest.since : undefined));

describe('npm', () => {
  const tarball = 'https://npm.test/r/-/tool/-/tool-1.0.0.tgz'.replace('/-/tool/', '/tool/');
  const packument = (latest: string, manifests: Record<string, object>) =>
    JSON.stringify({
      name: 'tool',
      'dist-tags': { latest },
      versions: manifests,
      time: Object.fromEntries(Object.keys(manifests).map(version => [version, '2026-06-01T00:00:00.000Z'])),
    });
  const input: LockedInput = { name: 'tool', version: '1.0.0', url: tarball };
  const all = { '1.0.0': {}, '1.4.0': {}, '2.0.0': {}, '3.0.0-rc.1': {} };
  const at = 'https://npm.test/r/tool';

  test('latest counts, the range and the convention bound what is in range', async () => {
    const context = lookUpContext({ [at]: packument('2.0.0', all) });
    const found = await latestNpm(
      [input, { ...input, range: '1.0.x' }, { ...input, version: '2.0.0' }],
      context,
    );
    expect(versions(found)).toEqual(['2.0.0 1.4.0', '2.0.0 1.0.0', '2.0.0 2.0.0']);
    expect(since(found)[0]).toEqual({ at: '2026-06-01T00:00:00.000Z', clock: 'index' });
    expect(context.asked).toEqual([at]);
  });

  test('a tag that is behind what is locked does not count, nor do pre-releases', async () => {
    const context = lookUpContext({ [at]: packument('1.0.0', all) });
    expect(versions(await latestNpm([{ ...input, version: '1.4.0' }], context))).toEqual(['2.0.0 1.4.0']);
  });

  test('what is deprecated or gone is told', async () => {
    const old = { '1.0.0': { deprecated: 'use another' }, '1.1.0': {} };
    expect(remarks(await latestNpm([input], lookUpContext({ [at]: packument('1.1.0', old) })))).toEqual([
      'deprecated',
    ]);
    const without = lookUpContext({ [at]: packument('1.1.0', { '1.1.0': {} }) });
    expect(remarks(await latestNpm([input], without))).toEqual(['deleted']);
  });

  test('each failure is what it is', async () => {
    expect(versions(await latestNpm([input], lookUpContext({})))).toEqual(['gone']);
    expect(versions(await latestNpm([input], lookUpContext({ [at]: 'down' })))).toEqual(['unreachable']);
    expect(versions(await latestNpm([input], lookUpContext({ [at]: '<html>' })))).toEqual(['unknown']);
    expect(versions(await latestNpm([input], lookUpContext({ [at]: { status: 401 } })))).toEqual([
      'unreachable',
    ]);
    expect(versions(await latestNpm([{ name: 'tool', version: '1.0.0' }], lookUpContext({})))).toEqual([
      'unknown',
    ]);
  });

  test('the document is where the build found it', async () => {
    const indexes = ['https://other.test/npm/tool'];
    const context = lookUpContext({ [indexes[0] ?? '']: packument('1.4.0', all) }, { indexes });
    expect(versions(await latestNpm([input], context))).toEqual(['1.4.0 1.4.0']);
  });
});

describe('pypi', () => {
  const indexes = ['https://pypi.test/simple/web/'];
  const file = (name: string, more: object = {}) => ({
    filename: name,
    url: `https://files.test/${name}`,
    hashes: {},
    'upload-time': '2026-06-01T00:00:00Z',
    ...more,
  });
  const page = (...files: object[]) => ({
    headers: { 'content-type': 'application/vnd.pypi.simple.v1+json' },
    body: Buffer.from(JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'web', files })),
  });
  const input: LockedInput = {
    name: 'Web',
    version: '1.0',
    url: 'https://files.test/web-1.0-cp311-cp311-linux_x86_64.whl',
  };
  const look = (content: ReturnType<typeof page>, more: Partial<LockedInput> = {}) =>
    latestProjects([{ ...input, ...more }], lookUpContext({ [indexes[0] ?? '']: content }, { indexes }));

  test('what is yanked, of another Python, or a pre-release is passed over', async () => {
    const found = await look(
      page(
        file('web-1.0-py3-none-any.whl', { yanked: 'broken' }),
        file('web-1.1-py3-none-any.whl'),
        file('web-1.2-py3-none-any.whl', { yanked: true }),
        file('web-1.3-py3-none-any.whl', { 'requires-python': '>=3.12' }),
        file('web-2.0rc1-py3-none-any.whl'),
      ),
    );
    expect(versions(found)).toEqual(['1.1 1.1']);
    expect(remarks(found)).toEqual(['yanked']);
  });

  test('the words of the Dockerfile are a range', async () => {
    const all = page(file('web-1.0.tar.gz'), file('web-1.9.tar.gz'), file('web-2.1.tar.gz'));
    expect(versions(await look(all, { range: '<2' }))).toEqual(['2.1 1.9']);
    expect(versions(await look(all, { range: '==1.0' }))).toEqual(['2.1 1.0']);
  });

  test('a page of links will do, and has no times', async () => {
    const html = '<a href="web-1.0.tar.gz">web-1.0.tar.gz</a> <a href="web-1.5.tar.gz">web-1.5.tar.gz</a>';
    const found = await look({ headers: { 'content-type': 'text/html' }, body: Buffer.from(html) });
    expect(versions(found)).toEqual(['1.5 1.5']);
    expect(since(found)).toEqual([undefined]);
  });
});

test('go: the proxy’s latest; the time of a commit is no age', async () => {
  const base = 'https://proxy.test/example.org/mod';
  const context = lookUpContext({
    [`${base}/@latest`]: '{"Version":"v1.5.0","Time":"2019-01-01T00:00:00Z"}',
  });
  const found = await latestModules(
    [{ name: 'example.org/mod', version: 'v1.2.0', url: `${base}/@v/v1.2.0.zip` }],
    context,
  );
  expect(versions(found)).toEqual(['v1.5.0 v1.5.0']);
  expect(since(found)).toEqual([undefined]);
});

test('cargo: what is yanked is passed over', async () => {
  const line = (vers: string, yanked = false) =>
    JSON.stringify({ name: 'tool', vers, cksum: 'a'.repeat(64), yanked, pubtime: '2026-06-01T00:00:00Z' });
  const indexes = ['https://index.test/to/ol/tool'];
  const body = [line('1.0.0', true), line('1.1.0'), line('2.0.0'), line('2.1.0', true)].join('\n');
  const found = await latestCrates(
    [{ name: 'tool', version: '1.0.0' }],
    lookUpContext({ [indexes[0] ?? '']: body }, { indexes }),
  );
  expect(versions(found)).toEqual(['2.0.0 1.1.0']);
  expect(remarks(found)).toEqual(['yanked']);
});

test('gem: beside the gems', async () => {
  const body =
    '---\n1.0 |checksum:a,created_at:2026-01-01T00:00:00Z\n1.2 |checksum:b,created_at:2026-06-01T00:00:00Z\n2.0.rc1 |checksum:c\n';
  const context = lookUpContext({ 'https://gems.test/info/rack': body });
  const found = await latestGems(
    [{ name: 'rack', version: '1.0', url: 'https://gems.test/gems/rack-1.0.gem' }],
    context,
  );
  expect(versions(found)).toEqual(['1.2 1.2']);
  expect(since(found)).toEqual([{ at: '2026-06-01T00:00:00.000Z', clock: 'index' }]);
});

test('composer: what was abandoned is told', async () => {
  const indexes = ['https://repo.test/p2/acme/log.json'];
  const body = JSON.stringify({
    packages: {
      'acme/log': [{ version: '2.0.0' }, { version: 'v1.3.0' }, { version: '1.0.0', abandoned: 'acme/new' }],
    },
  });
  const found = await latestComposer(
    [{ name: 'acme/log', version: '1.0.0' }],
    lookUpContext({ [indexes[0] ?? '']: body }, { indexes }),
  );
  expect(versions(found)).toEqual(['2.0.0 v1.3.0']);
  expect(remarks(found)).toEqual(['deprecated']);
});

test('maven: the metadata above the version', async () => {
  const xml =
    '<metadata><versioning><versions><version>1.0</version><version>1.2</version><version>2.0-rc1</version></versions></versioning></metadata>';
  const context = lookUpContext({ 'https://m.test/org/a/b/maven-metadata.xml': xml });
  const url = 'https://m.test/org/a/b/1.0/b-1.0.jar';
  expect(versions(await latestArtifacts([{ name: 'org.a:b', version: '1.0', url }], context))).toEqual([
    '1.2 1.2',
  ]);
});

test('cpan: the index of all modules', async () => {
  const text = 'File: x\n\nMoose 2.3 E/ET/ETHER/Moose-2.3.tar.gz\n';
  const context = lookUpContext({ 'https://c.test/modules/02packages.details.txt.gz': gzipSync(text) });
  const url = 'https://c.test/authors/id/E/ET/ETHER/Moose-2.1.tar.gz';
  expect(versions(await latestDistributions([{ name: 'Moose', version: '2.1', url }], context))).toEqual([
    '2.3 2.3',
  ]);
});

test('git: a tag before a branch; a commit stays', async () => {
  const packet = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
  const [old, now, tag] = ['1', '2', '3'].map(digit => digit.repeat(40)) as [string, string, string];
  const lines = [
    `${now} HEAD\0symref=HEAD:refs/heads/main\n`,
    `${now} refs/heads/main\n`,
    `${tag} refs/tags/v1\n`,
  ];
  const body = `${packet('# service=git-upload-pack\n')}0000${lines.map(packet).join('')}0000`;
  const context = lookUpContext({ 'https://g.test/r.git/info/refs?service=git-upload-pack': body });
  const input = { name: 'https://g.test/r.git', version: old };
  const refs = ['main', 'refs/tags/v1', old, 'gone'];
  const found = await latestCommits(
    refs.map(ref => ({ ...input, ref })),
    context,
  );
  expect(versions(found).map(text => text.split(' ')[0])).toEqual([now, tag, old, 'gone']);
  expect(context.asked).toHaveLength(1);
});

test('file: redirects, a strong ETag, what is gone', async () => {
  const context = lookUpContext({
    'https://f.test/a': { status: 302, headers: { location: '/b' } },
    'https://f.test/b': 'new',
    'https://f.test/same': { status: 304 },
    'https://f.test/loop': { status: 302, headers: { location: '/loop' } },
  });
  const names = ['a', 'same', 'gone', 'loop'].map(name => `https://f.test/${name}`);
  const found = await latestFiles(
    names.map(name => ({ name, version: 'f'.repeat(64), etag: '"x"' })),
    context,
  );
  const now = hexOf(sha256('new'));
  expect(versions(found)).toEqual([
    `${now} ${now}`,
    `${'f'.repeat(64)} ${'f'.repeat(64)}`,
    'gone',
    'unreachable',
  ]);
});

test('image: what a tag names; a digest names itself', async () => {
  const [old, now] = [sha256('old'), sha256('now')];
  const resolveImage = (reference: string): Promise<Digest | undefined> =>
    Promise.resolve(reference === 'app:1' ? now : undefined);
  const context = lookUpContext({}, { resolveImage });
  const names = ['app:1', 'app:2', `app@${old}`, 'oci-layout://here'];
  const found = await latestImages(
    names.map(name => ({ name, version: old })),
    context,
  );
  expect(versions(found)).toEqual([`${now} ${now}`, 'gone', `${old} ${old}`, `${old} ${old}`]);
});
