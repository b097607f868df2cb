import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256, type Digest } from '../core/index.ts';
import { parseBaseline } from './baseline.ts';
import { parseConfiguration } from './configuration.ts';
import {
  checkFiles,
  checkText,
  counts,
  defaultSettings,
  discover,
  fixText,
  formatBaseline,
  readText,
  withBaseline,
  withComposeBuilds,
  type FileResult,
  type LockedInputs,
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

const digest: Digest = sha256('image');
const locked: LockedInputs = {
  imageDigest: reference =>
    /^(debian:12|alpine:3|docker\/dockerfile:1)$/.test(reference) ? digest : undefined,
  fileDigest: url => (url === 'https://x.test/f' ? digest.slice(7) : undefined),
  commit: (url, ref) => (url === 'https://x.test/r.git' && ref === 'v1' ? 'a'.repeat(40) : undefined),
};

function fixed(text: string, context: RuleContext = { ...noFiles, locked }): string {
  const once = fixText(text, 'Dockerfile', defaultSettings, context).text;
  expect(fixText(once, 'Dockerfile', defaultSettings, context).text).toBe(once);
  return once;
}

describe('--fix', () => {
  it.each<[what: string, before: string, after: string]>([
    ['FROM', 'FROM  debian:12  AS  a # c\n'.replace(' # c', ''), `FROM  debian:12@${digest}  AS  a\n`],
    ['an ARG that holds the image', 'ARG B="debian:12"\nFROM $B\n', `ARG B="debian:12@${digest}"\nFROM $B\n`],
    [
      'COPY --from',
      'FROM scratch\nCOPY --from=alpine:3 /a /b\n',
      `FROM scratch\nCOPY --from=alpine:3@${digest} /a /b\n`,
    ],
    [
      'a mount',
      'FROM scratch\nRUN --mount=type=bind,from=alpine:3,target=/x a\n',
      `FROM scratch\nRUN --mount=type=bind,from=alpine:3@${digest},target=/x a\n`,
    ],
    [
      '# syntax',
      '# syntax=docker/dockerfile:1\nFROM scratch\n',
      `# syntax=docker/dockerfile:1@${digest}\nFROM scratch\n`,
    ],
    [
      'ADD of a URL',
      'FROM scratch\nADD https://x.test/f /\n',
      `FROM scratch\nADD --checksum=${digest} https://x.test/f /\n`,
    ],
    [
      'ADD of a repository',
      'FROM scratch\nADD https://x.test/r.git#v1:d /\n',
      `FROM scratch\nADD https://x.test/r.git#${'a'.repeat(40)}:d /\n`,
    ],
    ['a flag that says nothing', 'FROM --platform=$TARGETPLATFORM  x:1\n', 'FROM x:1\n'],
    [
      'CRLF and a byte order mark',
      '\uFEFFFROM debian:12\r\nRUN a\r\n',
      `\uFEFFFROM debian:12@${digest}\r\nRUN a\r\n`,
    ],
  ])('%s', (_what, before, after) => {
    expect(fixed(before)).toBe(after);
  });

  it.each([
    ['a part of a reference in a variable', 'ARG V=12\nFROM debian:$V\n'],
    ['what the lock does not hold', 'FROM other:1\nADD https://x.test/g /\n'],
    ['a suppressed finding', '# holdfast ignore=image-digest\nFROM debian:12\n'],
    ['a variable that two images share only in part', 'ARG B=debian\nFROM $B:12\nFROM $B:11\n'],
  ])('leaves %s', (_what, text) => {
    expect(fixed(text)).toBe(text);
  });

  it('enforces a lock where its file is', () => {
    const text = 'FROM a:1\nRUN yarn install \\\n  --production && cargo build -r\n';
    expect(fixed(text, { hasFile: name => name === 'yarn.lock' })).toBe(
      text.replace('install', 'install --frozen-lockfile'),
    );
    expect(fixed(text, noFiles)).toBe(text);
    expect(fixed(text, { hasFile: () => true })).toContain('cargo build --locked -r');
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

describe('whatever the text', () => {
  const piece = fc.constantFrom(
    ...'FROM debian:12\n|FROM a AS b\n|ARG V=1\n|ENV A=b\n|RUN apt-get install -y x && \\\n  y\n|RUN curl u | sh\n|RUN <<E\npip install a\nE\n'.split(
      '|',
    ),
    ...'COPY --from=alpine:3 a b\n|ADD https://x.test/f /\n|# holdfast ignore=*\n|USER root\n|SHELL ["cmd"]\n|ONBUILD RUN yarn\n|RUN yarn install\n|RUN $V "$A\n'.split(
      '|',
    ),
    '\0',
    '\\\n',
    '"',
    '$(',
    'é',
    '\r\n',
    '{{ x }}\n',
    '`',
    '|',
    '\uFEFF',
  );

  it('says something, and mends it once', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), parts => {
        const text = parts.join('');
        const { findings, unread } = check(text);
        for (const { range, message } of findings) {
          expect(message).not.toContain('\n');
          expect(range.end).toBeGreaterThanOrEqual(range.start);
          expect(range.end).toBeLessThanOrEqual(text.length);
        }
        if (unread.length === 0) fixed(text, { hasFile: () => true, locked });
      }),
      { numRuns: 500 },
    );
  });
});

describe('files', () => {
  const place = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
  afterAll(() => rmSync(place, { recursive: true }));
  const write = (path: string, content: string | Buffer = 'FROM a\n') => {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), content);
  };

  it('are found by their names', () => {
    const names = [
      'Dockerfile',
      'Dockerfile.dev',
      'web.Dockerfile',
      'x.dockerfile',
      'Containerfile',
      'compose.yaml',
    ];
    const others = [
      'Dockerfile.dockerignore',
      'Dockerfile.md',
      'dockerfile-lint.yaml',
      'main.go',
      'node_modules/x/Dockerfile',
      '.git/Dockerfile',
    ];
    for (const name of [...names, ...others]) write(join('found', 'deep', name));
    const { dockerfiles, composeFiles } = discover([join(place, 'found')]);
    const found = [...dockerfiles, ...composeFiles].map(path => path.slice(path.lastIndexOf('/') + 1));
    expect(found.toSorted()).toEqual(names.toSorted());
    expect(() => discover([join(place, 'absent')])).toThrow(expect.objectContaining({ code: 'CHECK_PATH' }));
  });

  it('of compose name images, and Dockerfiles to look at', async () => {
    write('c/build/app/Other', 'FROM a\n');
    write(
      'c/compose.yaml',
      'services:\n  db:\n    image: "postgres" # c\n  app:\n    image: mine\n    build: { context: ./build/app, dockerfile: Other }\n' +
        '  # holdfast ignore=image-tag\n  x: { image: "a:${TAG:-latest}" }\n  y: { image: "a:$TAG" }\n  z: { build: { dockerfile_inline: FROM a } }\n',
    );
    const files = await withComposeBuilds(discover([join(place, 'c/compose.yaml')]));
    expect(files.map(path => path.slice(place.length + 1))).toEqual(['c/build/app/Other', 'c/compose.yaml']);
    const [dockerfile, compose] = await checkFiles(
      files.map(path => ({ path, name: path })),
      defaultSettings,
    );
    expect(dockerfile?.findings.map(({ rule }) => rule)).toContain('image-tag');
    expect(
      compose?.findings.map(({ rule, range }) => `${rule} ${range.line}:${range.column}-${range.endColumn}`),
    ).toEqual([
      'image-tag 3:12-22',
      'image-digest 3:12-22',
      'image-tag 8:15-33',
      'image-digest 8:15-33',
      'image-digest 9:15-23',
      'image-unknown 9:15-23',
    ]);
    expect(compose?.findings.map(counts)).toEqual([true, true, false, true, true, true]);
    expect(compose?.unread).toHaveLength(1);
    write('c/compose.yaml', 'services: [\n');
    const [broken] = await checkFiles([{ path: join(place, 'c/compose.yaml'), name: 'c' }], defaultSettings);
    expect(broken?.unread[0]?.reason).toContain('no YAML');
  });

  it('say why they are not read', async () => {
    write('u16', Buffer.from('\uFEFFFROM a\n', 'utf16le'));
    write('latin1', Buffer.from('FROM a:1\n# caf\u00e9\nRUN apt-get install b\n', 'latin1'));
    write('nul', 'FROM a:1\nRUN a \0 b\n');
    write('long', `FROM a:1\nRUN ${'a '.repeat(500_000)}\n`);
    write('template', '{{ if x }}\nFROM a\n');
    const paths = ['u16', 'latin1', 'nul', 'long', 'template', 'absent'].map(name => join(place, name));
    const results = await checkFiles(
      paths.map(path => ({ path, name: path })),
      defaultSettings,
    );
    expect(results.map(({ unread }) => unread[0]?.reason)).toEqual([
      expect.stringContaining('UTF-16'),
      undefined,
      expect.stringContaining('NUL'),
      expect.stringContaining('65535'),
      expect.stringContaining('template'),
      expect.stringContaining('ENOENT'),
    ]);
    expect(results[1]?.findings.map(({ rule }) => rule)).toContain('apt-version');
    expect(readText(join(place, 'latin1'))).toMatchObject({ encoding: 'latin1' });
  });
});
