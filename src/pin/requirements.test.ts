import { describe, expect, it } from 'vitest';
import { aPackage, hex, pinnedTwice, type Surroundings, type Took } from './testing.ts';

const web = aPackage('pypi', 'web', '1.0');
const shared = aPackage('pypi', 'shared', '1.1');
const sdist = aPackage('pypi', 'fresh', '0.9', { url: 'https://mirror.test/fresh-0.9.tar.gz' });
const asked = '--require-hashes -r /tmp/holdfast-requirements.txt';
const copied = 'COPY holdfast-requirements.txt /tmp/holdfast-requirements.txt\n';
const requirement = (name: string, version: string) =>
  `${name}==${version} \\\n    --hash=sha256:${hex(`${name} ${version}`)}\n`;

async function pinned(lines: string, took: readonly Took[], surroundings: Surroundings = {}) {
  const { text, files, unpinned } = await pinnedTwice(`FROM scratch\n${lines}\n`, [took], surroundings);
  const named = Object.fromEntries(files.map(({ path, bytes }) => [path, bytes.toString()]));
  return { lines: text.slice('FROM scratch\n'.length).trimEnd(), named, unpinned };
}

describe('all by hashes', () => {
  it.each<[lines: string, after: string, files?: Readonly<Record<string, string>>]>([
    ['RUN pip install web', `${copied}RUN pip install ${asked}`],
    [
      '# why\nRUN python3 -m pip install --no-cache-dir \\\n    web \\\n    "shared>1" && ls',
      `${copied}# why\nRUN python3 -m pip install --no-cache-dir \\\n    ${asked} && ls`,
    ],
    ['RUN uv pip install -U web shared -q', `${copied}RUN uv pip install -U ${asked} -q`],
    [
      'WORKDIR /app\nCOPY requirements.txt .\nRUN pip install -q -r requirements.txt web',
      `WORKDIR /app\nCOPY requirements.txt .\n${copied}RUN pip install -q ${asked}`,
      { 'requirements.txt': '# all\nweb[x] >= 1 \\\n  ; python_version > "3"\n\nshared\n' },
    ],
    [
      'COPY r.txt /r.txt\nRUN pip install --requirement=/r.txt',
      `COPY r.txt /r.txt\n${copied}RUN pip install ${asked}`,
      { 'r.txt': 'web' },
    ],
  ])('%s', async (lines, after, files = {}) => {
    const { lines: text, named, unpinned } = await pinned(lines, [web, shared], { files });
    expect(text).toBe(after);
    expect(named['holdfast-requirements.txt']).toBe(
      `# Written by \`holdfast pin\` from holdfast.lock.\n${requirement('shared', '1.1')}${requirement('web', '1.0')}`,
    );
    expect(unpinned).toEqual([]);
  });
});

describe('by versions, where hashes cannot be', () => {
  it.each<
    [
      what: string,
      lines: string,
      took: readonly Took[],
      after: string,
      files?: Readonly<Record<string, string>>,
    ]
  >([
    [
      'what is built here',
      'pip install fresh',
      [web, sdist],
      'pip install -c /tmp/holdfast-constraints.txt fresh==0.9',
    ],
    ['a project', 'pip install .', [web], 'pip install -c /tmp/holdfast-constraints.txt .'],
    [
      'a file that is not there',
      'pip install -r x.txt web',
      [web],
      'pip install -c /tmp/holdfast-constraints.txt -r x.txt web==1.0',
    ],
    [
      'two commands',
      'pip install web && pip install shared',
      [web, shared],
      'pip install -c /tmp/holdfast-constraints.txt web==1.0 && pip install -c /tmp/holdfast-constraints.txt shared==1.1',
    ],
  ])('%s', async (_what, run, took, after) => {
    const { lines, unpinned } = await pinned(`RUN ${run}`, took);
    expect(lines).toBe(`COPY holdfast-constraints.txt /tmp/holdfast-constraints.txt\nRUN ${after}`);
    expect(unpinned.map(({ what }) => what)).toEqual(['the hashes of Python packages']);
  });

  it('a requirements file that asks for more than names', async () => {
    const files = { 'r.txt': '--index-url https://x.test/\nweb\n' };
    const { lines, named } = await pinned('COPY r.txt /\nRUN pip install -r /r.txt', [web, shared], {
      files,
    });
    expect(lines).toContain('RUN pip install -c /tmp/holdfast-constraints.txt -r /r.txt');
    expect(named['holdfast-constraints.txt']).toMatch(/\nshared==1\.1\nweb==1\.0\n$/);
  });

  it('a package of which pip looked at two versions has none', async () => {
    const { named, unpinned } = await pinned('RUN pip install web shared', [
      web,
      shared,
      aPackage('pypi', 'shared', '2.0'),
    ]);
    expect(named['holdfast-constraints.txt']).toMatch(/\.\nweb==1\.0\n$/);
    expect(unpinned.map(({ code }) => code)).toContain('AMBIGUOUS');
  });

  it('files that .dockerignore leaves out', async () => {
    const ignored = ['holdfast-requirements.txt', 'holdfast-constraints.txt'];
    const { lines, named, unpinned } = await pinned('RUN pip install web', [web, shared], { ignored });
    expect(lines).toBe('RUN pip install web==1.0');
    expect(named).toEqual({});
    expect(unpinned.map(({ code }) => code)).toEqual(['INDIRECT']);
  });
});

it('leaves a file of somebody else alone', async () => {
  const { named } = await pinned('RUN pip install web', [web], {
    files: { 'holdfast-requirements.txt': 'mine' },
  });
  expect(Object.keys(named)).toEqual(['holdfast-requirements-2.txt']);
});

it('each step has its own file', async () => {
  const { text, files } = await pinnedTwice('FROM scratch\nRUN pip install web\nRUN pip install shared\n', [
    [web],
    [shared],
  ]);
  expect(files.map(({ path }) => path)).toEqual(['holdfast-requirements.txt', 'holdfast-requirements-2.txt']);
  expect(text).toContain('RUN pip install --require-hashes -r /tmp/holdfast-requirements-2.txt\n');
});
