import { describe, expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import {
  formatLock,
  inputSections,
  type BuildEntry,
  type InputLine,
  type InputSection,
} from '../lock/index.ts';
import { checkText, counts, defaultSettings, fixText } from './index.ts';
import { lockedInputs } from './lock-inputs.ts';

const [index, manifest, other] = [sha256('index'), sha256('manifest'), sha256('other')];

const build = {
  dockerfile: 'Dockerfile',
  platform: 'linux/amd64',
  checksum: other,
  context: other,
  recording: other,
  image: other,
};

function locked(lines: Partial<Record<InputSection, readonly InputLine[]>>, more: Partial<BuildEntry> = {}) {
  const inputs = Object.fromEntries(inputSections.map(section => [section, lines[section] ?? []])) as Record<
    InputSection,
    readonly InputLine[]
  >;
  return lockedInputs(
    formatLock({ version: 1, asOf: '2026-11-01T00:00:00Z', builds: [{ ...build, ...more }], inputs }),
    'holdfast.lock',
  );
}

describe('what a lock says of', () => {
  it('drift: it is held, while trust and what no lock answers still count', () => {
    const image = [{ reference: 'debian:latest', platform: 'linux/amd64', manifest }];
    const context = { hasFile: () => false, locked: locked({ image }) };
    const findings = (text: string, file: string) =>
      checkText(text, file, defaultSettings, context).findings.filter(counts);
    const counted = (text: string, file: string) => findings(text, file).map(({ rule }) => rule);
    const text =
      'FROM debian\nADD https://x.test/f /\nRUN git clone https://x.test/r && apt-get install -y curl && pip install -r r.txt\n';
    expect(counted(text, 'sub/Dockerfile')).toEqual(['user-root']);
    expect(counted(text, 'sub/Dockerfile.other')).toEqual(
      expect.arrayContaining(['image-tag', 'image-digest', 'add-checksum', 'git-commit', 'apt-version']),
    );
    const stays = 'FROM debian\nRUN curl x.test/a | sh && date > /built\nUSER 1\n';
    expect(counted(stays, 'Dockerfile')).toEqual(['download-run', 'time-and-randomness']);
    expect(findings(stays, 'Dockerfile')[0]?.advice).toContain('`holdfast vendor`');
    expect(findings(stays, 'Dockerfile.other')[0]?.advice).toBeUndefined();
  });

  it.each<[what: string, more: Partial<BuildEntry>, from: string, held: readonly number[]]>([
    ['the last one', {}, 'tools', [2, 6, 9]],
    ['the target', { target: 'DEV' }, 'tools', [2, 4]],
    ['the target by number', { target: '2' }, 'tools', [2, 6]],
    ['whatever an argument may have chosen', { args: { BASE: 'dev' } }, '$BASE', [2, 4, 6, 9]],
    ['the last one, with arguments that choose none', { args: { OTHER: 'x' } }, 'tools', [2, 6, 9]],
    ['a target that is gone', { target: 'gone' }, 'tools', [2, 4, 6, 9]],
  ])('stages: held is what a build of it takes, %s', (_what, more, from, held) => {
    const image = [{ reference: 'debian:12', platform: 'linux/amd64', manifest }];
    const context = { hasFile: () => false, locked: locked({ image }, more) };
    const text = `FROM debian:12 AS base
RUN pip install a
FROM base AS dev
RUN pip install b
FROM base AS tools
RUN pip install c
FROM ${from}
COPY --from=tools /c /c
RUN pip install d
`;
    const { findings } = checkText(text, 'Dockerfile', defaultSettings, context);
    const pip = findings.filter(({ rule }) => rule === 'pip-version');
    expect(pip.map(({ range }) => range.line)).toEqual([2, 4, 6, 9]);
    expect(pip.filter(one => one.held).map(({ range }) => range.line)).toEqual(held);
  });

  it('an image that it has not: that still counts', () => {
    const image = [{ reference: 'debian:12', platform: 'linux/amd64', manifest }];
    const context = { hasFile: () => false, locked: locked({ image }) };
    const { findings } = checkText(
      'FROM debian:12 AS a\nFROM alpine:3\nCOPY --from=a /a /a\nUSER 1\n',
      'Dockerfile',
      defaultSettings,
      context,
    );
    expect(findings.map(({ held, range }) => [range.line, held])).toEqual([
      [1, true],
      [2, undefined],
    ]);
  });

  it('what is held: fixes write it all the same, for those who build without the lock', () => {
    const image = [{ reference: 'debian:12', platform: 'linux/amd64', manifest }];
    const context = { hasFile: () => false, locked: locked({ image }) };
    expect(fixText('FROM debian:12\n', 'Dockerfile', defaultSettings, context).text).toBe(
      `FROM debian:12@${manifest}\n`,
    );
  });

  it('an image, however its name is written', () => {
    const { imageDigest } = locked({
      image: [
        { reference: 'docker.io/library/debian:12', platform: 'linux/amd64', index, manifest },
        { reference: 'docker.io/library/debian:12', platform: 'linux/arm64', index, manifest: other },
        { reference: 'host.test/a:1', platform: 'linux/amd64', manifest },
        { reference: 'host.test/b:1', platform: 'linux/amd64', manifest },
        { reference: 'host.test/b:1', platform: 'linux/arm64', manifest: other },
      ],
    });
    expect(['debian:12', 'docker.io/debian:12', 'library/debian:12'].map(imageDigest)).toEqual([
      index,
      index,
      index,
    ]);
    expect(imageDigest('host.test/a:1')).toBe(manifest);
    // Two platforms without an index have nothing that covers both.
    expect(['host.test/b:1', 'debian:11', 'debian', 'NO'].map(imageDigest)).toEqual(Array(4).fill(undefined));
  });

  it('a file by its URL', () => {
    const file: InputLine[] = [
      { url: 'https://x.test/a', size: 1, sha256: 'aa' },
      { url: 'https://x.test/b', method: 'POST', size: 1, sha256: 'bb' },
      { url: 'https://x.test/c', size: 1, sha256: 'cc' },
      { url: 'https://x.test/c', size: 1, sha256: 'dd' },
    ];
    const { fileDigest } = locked({ file });
    expect(['a', 'b', 'c', 'd'].map(name => fileDigest(`https://x.test/${name}`))).toEqual([
      'aa',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('a repository at a reference', () => {
    const git = [{ url: 'https://x.test/r.git', commit: 'c1', ref: 'refs/tags/v1', size: 1, sha256: 'aa' }];
    const { commit } = locked({ git });
    expect(commit('https://x.test/r', 'v1')).toBe('c1');
    expect(commit('https://x.test/r.git', 'v2')).toBeUndefined();
    expect(commit('https://x.test/q.git', 'v1')).toBeUndefined();
  });
});
