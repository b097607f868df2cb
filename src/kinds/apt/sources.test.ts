import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveKey } from '../../../testkit/apt/index.ts';
import { parseListFile, parseSourcesFile, readSources } from './sources.ts';
import { keyringFor } from './trust.ts';

describe('the one-line format', () => {
  it('reads options, components, comments and paths', () => {
    const entries = parseListFile(
      '# a comment\n\ndeb [ arch=amd64,arm64 signed-by=/k/a.gpg,ABCDEF12! trusted=no ] https://m.test/debian bookworm main contrib # why\ndeb-src https://m.test/flat ./\n',
      'a.list',
    );
    expect(entries).toEqual([
      {
        types: ['deb'],
        uris: ['https://m.test/debian'],
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        signedBy: [
          { kind: 'file', path: '/k/a.gpg' },
          { kind: 'fingerprint', fingerprint: 'ABCDEF12!' },
        ],
        options: new Map([
          ['arch', 'amd64 arm64'],
          ['trusted', 'no'],
        ]),
        where: { file: 'a.list', line: 3 },
      },
      expect.objectContaining({ types: ['deb-src'], suites: ['./'], components: [] }),
    ]);
  });

  it.each([
    'deb https://m.test',
    'rpm https://m.test a b',
    'deb https://m.test stable',
    'deb https://m.test ./ main',
    'deb [arch] https://m.test a b',
  ])('names file and line of %j', line => {
    expect(() => parseListFile(`\n${line}\n`, 'a.list')).toThrow(
      expect.objectContaining({ code: 'APT_SOURCES_SYNTAX', exit: 2, where: { file: 'a.list', line: 2 } }),
    );
  });
});

describe('the deb822 format', () => {
  it('reads several suites, a key inside, and passes over what is disabled', async () => {
    const key = await ArchiveKey.create({ created: new Date('2020-01-01T00:00:00Z') });
    const block = key.asc
      .trimEnd()
      .split(/\r?\n/)
      .map(line => ` ${line === '' ? '.' : line}`)
      .join('\n');
    const entries = parseSourcesFile(
      `Types: deb deb-src\nURIs: https://m.test/debian\n https://n.test/debian\nSuites: a a-updates\nComponents: main\nArchitectures: amd64\nSigned-By:\n${block}\n\nTypes: deb\nURIs: x\nSuites: y\nComponents: z\nEnabled: no\n`,
      'a.sources',
    );
    expect(entries).toHaveLength(1);
    const [entry] = entries;
    expect(entry).toMatchObject({
      types: ['deb', 'deb-src'],
      uris: ['https://m.test/debian', 'https://n.test/debian'],
      suites: ['a', 'a-updates'],
      options: new Map([['arch', 'amd64']]),
      where: { file: 'a.sources', line: 1 },
    });
    const { fingerprints } = await keyringFor('/nowhere', entry?.signedBy ?? []);
    expect(fingerprints).toEqual([key.fingerprint]);
  });

  it.each([
    ['Types: deb\nURIs: x\n', 1],
    ['Types: deb\nURIs: x\nSuites: y\nno field\n', 4],
    ['\nURIs: x\nTypes: rpm\nSuites: y\n', 3],
  ])('names the line of what is wrong in %j', (text, line) => {
    expect(() => parseSourcesFile(text, 'a.sources')).toThrow(
      expect.objectContaining({ code: 'APT_SOURCES_SYNTAX', where: { file: 'a.sources', line } }),
    );
  });
});

describe('a system', () => {
  let root: string;
  let keys: ArchiveKey[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sources-test-'));
    keys = await Promise.all(
      [1, 2, 3].map(async () => ArchiveKey.create({ created: new Date('2020-01-01T00:00:00Z') })),
    );
    await mkdir(join(root, 'etc/apt/sources.list.d'), { recursive: true });
    await mkdir(join(root, 'etc/apt/trusted.gpg.d'));
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  it('is read in apt’s order, without the files that apt ignores', async () => {
    expect(await readSources(join(root, 'nothing'))).toEqual([]);
    const put = async (name: string, suite: string): Promise<void> =>
      writeFile(join(root, 'etc/apt', name), `deb https://m.test/ ${suite} main\n`);
    await put('sources.list.d/b.list', 'third');
    await put('sources.list', 'first');
    await put('sources.list.d/a.list', 'second');
    await put('sources.list.d/a.list~', 'editor');
    await put('sources.list.d/a.list.dpkg-old', 'old');
    expect((await readSources(root)).map(({ suites }) => suites[0])).toEqual(['first', 'second', 'third']);
  });

  it('trusts Signed-By alone, or else the keyring directories', async () => {
    const [a, b, c] = keys;
    await writeFile(join(root, 'etc/apt/trusted.gpg.d/a.gpg'), a?.gpg ?? '');
    await writeFile(join(root, 'etc/apt/trusted.gpg.d/b.asc'), b?.asc ?? '');
    await writeFile(join(root, 'c.gpg'), c?.gpg ?? '');
    const fingerprints = async (...signedBy: Parameters<typeof keyringFor>[1]): Promise<readonly string[]> =>
      (await keyringFor(root, signedBy)).fingerprints;
    expect(await fingerprints()).toEqual([a?.fingerprint, b?.fingerprint]);
    expect(await fingerprints({ kind: 'file', path: '/c.gpg' })).toEqual([c?.fingerprint]);
    expect(await fingerprints({ kind: 'fingerprint', fingerprint: `${b?.fingerprint}!` })).toEqual([
      b?.fingerprint,
    ]);
    await expect(fingerprints({ kind: 'file', path: '/d.gpg' })).rejects.toThrow(
      expect.objectContaining({ code: 'APT_KEYRING_MISSING', exit: 4 }),
    );
  });
});
