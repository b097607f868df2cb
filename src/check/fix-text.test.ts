import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256, type Digest } from '../core/index.ts';
import { checkText, defaultSettings, fixText, type LockedInputs, type RuleContext } from './index.ts';

const noFiles: RuleContext = { hasFile: () => false };

const digest: Digest = sha256('image');
const locked: LockedInputs = {
  builds: () => [],
  hasImage: () => true,
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
        const { findings, unread } = checkText(text, 'Dockerfile', defaultSettings, noFiles);
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
