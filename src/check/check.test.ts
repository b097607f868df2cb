import { describe, expect, it } from 'vitest';
import { parseBaseline } from './baseline.ts';
import { parseConfiguration } from './configuration.ts';
import {
  checkText,
  counts,
  defaultSettings,
  formatBaseline,
  withBaseline,
  type FileResult,
  type RuleContext,
} from './index.ts';

const noFiles: RuleContext = { hasFile: () => false };

function check(text: string, context = noFiles): FileResult {
  return checkText(text, 'Dockerfile', defaultSettings, context);
}

/** Ids of the rules whose findings count. */
function counted(text: string): string[] {
  return check(text)
    .findings.filter(counts)
    .map(({ rule }) => rule);
}

describe('comments that ask for silence', () => {
  it.each<[comment: string, silent: boolean]>([
    ['# holdfast ignore=apt-version', true],
    ['# holdfast ignore=pip-version,apt-version -- a tool image', true],
    ['# holdfast ignore=*', true],
    ['# holdfast ignore=apk-version', false],
    ['# hadolint ignore=DL3008', true],
    ['#hadolint ignore=DL3009,DL3008', true],
    ['# hadolint ignore=DL3018', false],
    ['# nothing', false],
  ])('%s', (comment, silent) => {
    const text = `FROM debian:12\n${comment}\nRUN apt-get install -y curl\n`;
    expect(counted(text).includes('apt-version')).toBe(!silent);
  });

  it('is for the next instruction, not those after it', () => {
    const text =
      'FROM debian:12\n# holdfast ignore=apt-version\nRUN apt-get install a\nRUN apt-get install b\n';
    expect(
      check(text)
        .findings.filter(({ rule }) => rule === 'apt-version')
        .map(counts),
    ).toEqual([false, true]);
  });

  it('within an instruction is for the next line', () => {
    const text =
      'FROM debian:12\nRUN apt-get install a && \\\n  # holdfast ignore=apt-version\n  apt-get install b && \\\n  apt-get install c\n';
    expect(
      check(text)
        .findings.filter(({ rule }) => rule === 'apt-version')
        .map(counts),
    ).toEqual([true, false, true]);
  });

  it('of other programs have their own reach', () => {
    expect(counted('FROM a\n# hadolint global ignore=DL3006\n')).not.toContain('image-tag');
    expect(counted('#checkov:skip=CKV_DOCKER_3:why\nFROM a\n')).not.toContain('user-root');
    expect(counted('# trivy:ignore:AVD-DS-0001\nFROM a\n')).not.toContain('image-tag');
    const platform = 'FROM --platform=linux/amd64 a:1\n';
    expect(counted(`# check=skip=FromPlatformFlagConstDisallowed\n${platform}`)).not.toContain(
      'platform-constant',
    );
    expect(counted(`FROM b:1\n# check=skip=FromPlatformFlagConstDisallowed\n${platform}`)).not.toContain(
      'platform-constant',
    );
  });

  it('keep the reason', () => {
    const [finding] = check('# holdfast ignore-file=image-tag because it is a test\nFROM a\n').findings;
    expect(finding?.suppressed?.reason).toBe('it is a test');
  });
});

describe('a baseline', () => {
  it('knows findings wherever lines move to, and not new ones', () => {
    const before = check('FROM debian:12\nRUN apt-get install -y curl\n');
    const baseline = parseBaseline(formatBaseline([before]), 'baseline');
    const after = check(
      'FROM debian:12\n\n# more\nRUN apt-get install -y curl\nRUN apt-get install -y git\n',
    );
    const [judged] = withBaseline([after], baseline);
    expect(judged?.findings.filter(counts).map(({ rule, range }) => `${rule} ${range.line}`)).toEqual([
      'apt-version 5',
    ]);
  });

  it.each(['', '{}', '[]', '{"version": 2, "findings": []}', '{"version": 1, "findings": [1]}'])(
    'is refused: %s',
    text => {
      expect(() => parseBaseline(text, 'baseline')).toThrow(
        expect.objectContaining({ code: 'CHECK_BASELINE', exit: 2 }),
      );
    },
  );
});

describe('the configuration', () => {
  it('chooses profile and severities', () => {
    const { severity, ...rest } = parseConfiguration(
      'other: 1\ncheck:\n  profile: secure\n  severity: { user-root: error, image-tag: off }\n  exclude: [a]\n',
      'holdfast.yaml',
    );
    expect({ severity, ...rest }).toEqual({
      profile: 'secure',
      severity: { 'user-root': 'error', 'image-tag': 'off' },
      exclude: ['a'],
    });
    const { findings } = checkText(
      'FROM a\nRUN apt-get install b\n',
      'f',
      { profile: 'secure', severity: severity ?? {} },
      noFiles,
    );
    expect(findings.map(({ rule, severity: one }) => [rule, one])).toEqual([
      ['image-digest', 'warning'],
      ['user-root', 'error'],
    ]);
  });

  it.each([
    ['check: 1', 'no mapping'],
    ['check: { profil: all }', 'profil'],
    ['check: { profile: some }', 'one of'],
    ['check: { severity: { nothing: error } }', 'no rule'],
    ['check: { severity: { image-tag: bad } }', 'one of'],
    ['check: { exclude: a }', 'list'],
    ['{', ''],
    ['a: &a [*a, *a]\ncheck: *a', ''],
  ])('is refused: %s', (text, why) => {
    expect(() => parseConfiguration(text, 'holdfast.yaml')).toThrow(
      expect.objectContaining({
        code: 'CHECK_CONFIGURATION',
        message: expect.stringContaining(why) as string,
      }),
    );
  });
});

describe('scripts of the build', () => {
  const files: Readonly<Record<string, string>> = {
    'scripts/setup.sh': '#!/bin/bash\nset -e\n\ncurl https://x.test/a | sh\n./more.sh\n',
    'scripts/more.sh': 'apk add tree\n. /opt/s/setup.sh\n',
    'tool.py': '#!/usr/bin/env python3\nimport os; os.system("curl x | sh")\n',
  };
  const context: RuleContext = { ...noFiles, readFile: path => files[path] };

  it.each<[text: string, expected: string[]]>([
    [
      'WORKDIR /opt/s\nCOPY scripts /opt/s\nRUN ./setup.sh',
      ['scripts/setup.sh:4: sh runs', 'scripts/more.sh:1: apk installs'],
    ],
    ['COPY scripts/setup.sh /s.sh\nRUN bash -ex /s.sh', ['scripts/setup.sh:4: sh runs']],
    ['WORKDIR /w\nCOPY . .\nRUN cd scripts && sh scripts/more.sh', ['scripts/more.sh:1: apk installs']],
    ['COPY tool.py /usr/bin/\nRUN /usr/bin/tool.py', []],
    ['COPY ../scripts/setup.sh /s.sh\nRUN /s.sh', ['scripts/setup.sh:4: sh runs']],
    ['COPY --from=b scripts/setup.sh /s.sh\nRUN /s.sh', []],
  ])('%s', (text, expected) => {
    const whole = `FROM scratch AS b\nFROM b\n${text}\nUSER 1\n`;
    const { findings } = check(whole, context);
    const seen = findings.filter(({ rule }) => rule === 'download-run' || rule === 'apk-version');
    expect(
      [...new Set(seen.map(({ message }) => message))].map((message, at) =>
        message.slice(0, expected[at]?.length),
      ),
    ).toEqual(expected);
    for (const { range } of seen)
      expect(whole.slice(range.start, range.end)).toMatch(/^(bash|sh|\/s\.sh|\.\/setup\.sh)$/);
  });
});

describe('files without measure', () => {
  it.each<[what: string, text: string, unread: string]>([
    ['downloads', `RUN <<E\n${'curl a|sh\n'.repeat(25_000)}E`, '1000 programs'],
    ['downloads with sums', `RUN <<E\n${'curl a;sha256sum -c b\n'.repeat(11_000)}E`, '1000 programs'],
    ['steps', 'RUN curl a >b\n'.repeat(60_000), '2000 are looked at'],
    ['variables', 'ENV a=1\nRUN a\n'.repeat(40_000), '2000 are looked at'],
    ['scripts', `RUN sh -c '${'eval "curl a";'.repeat(4_000)}'`, '1000 programs'],
    ['scripts in steps', `RUN <<E\n${'curl a\n'.repeat(900)}E\n`.repeat(20), '4000 programs'],
  ])('of %s are looked at in part', (_what, text, unread) => {
    expect(
      check(`FROM a:1\n${text}\n`)
        .unread.map(({ reason }) => reason)
        .join('\n'),
    ).toContain(unread);
  });
});
