import { describe, expect, it } from 'vitest';
import { checkText, defaultSettings } from '../index.ts';

// What others have written down of images and users, in our words; see peers.test.ts.

describe('who runs the image', () => {
  it.each<[source: string, text: string, root: boolean]>([
    ['hadolint', 'FROM a:1\nUSER root\n', true],
    ['hadolint', 'FROM a:1\nUSER root\nUSER app\n', false],
    ['hadolint', 'FROM a:1\nUSER 0:0\n', true],
    ['kics', 'FROM a:1\nUSER 000\n', true],
    ['kics', 'FROM a:1\nUSER -0\n', true],
    ['kics', 'FROM a:1\nUSER 01000\n', false],
    ['kics', 'FROM a:1\nUSER guest:root\n', false],
    ['kics, on purpose otherwise', 'FROM a:1\nUSER app\nFROM scratch\n', true],
    ['checkov', 'FROM a:1\n', true],
    ['hadolint, on purpose otherwise', 'FROM a:1 AS b\nUSER root\nFROM c:1\nUSER app\n', false],
    ['ours', 'FROM a:1 AS b\nUSER app\nFROM b\n', false],
    ['ours', 'ARG U=root\nFROM a:1\nARG U\nUSER $U\n', true],
    ['ours', 'FROM gcr.io/distroless/static:nonroot\n', false],
    ['ours', 'FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\n', false],
  ])('%s: %s', (_source, text, root) => {
    const { findings } = checkText(text, 'Dockerfile', defaultSettings, { hasFile: () => false });
    expect(findings.some(({ rule }) => rule === 'user-root')).toBe(root);
  });
});

describe('images', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  it.each<[source: string, text: string, rules: string[]]>([
    ['hadolint', 'FROM a\n', ['image-tag', 'image-digest']],
    ['hadolint', 'FROM a:latest AS b\nFROM b\n', ['image-tag', 'image-digest']],
    ['hadolint', 'FROM host.test:5000/a\n', ['image-tag', 'image-digest']],
    ['renovate', '\uFEFFFrom   host.test:5000/a:1   as b\nFROM b\n', ['image-digest']],
    ['renovate', 'FROM \\\n # why\n a:1 \\\n as b\n', ['image-digest']],
    ['renovate', `ARG D=${digest}\nFROM a:1@$D\n`, []],
    ['renovate', 'ARG R=host.test/ T=1\nFROM ${R}a:${T}\n', ['image-digest']],
    ['renovate', 'ARG B=a:1\nFROM $B AS c\nARG B=a\nFROM $B\n', ['image-digest', 'image-digest']],
    ['renovate', 'ARG B=scratch\nFROM $B\n', []],
    ['renovate', '# escape=`\nFROM `\n a:1\n', ['image-digest']],
    ['renovate', '#  syntax=docker/dockerfile:1\nFROM scratch\n', ['image-syntax']],
    ['renovate', 'FROM scratch\n# syntax=docker/dockerfile:1\n', []],
    [
      'renovate',
      'FROM scratch AS b\nRUN --mount=type=cache,from=b --mount=type=cache,from=a:1,target=/c d\n',
      ['image-digest', 'cache-mount', 'cache-mount'],
    ],
    ['dependabot', 'fRom  a:1 AS B\nCOPY --from=B /a /b\n', ['image-digest']],
    ['dependabot', `FROM --platform=$BUILDPLATFORM a:1@${digest} AS b\n`, []],
    ['dockerfile-pin', 'ARG R=host.test\nFROM ${R}/a:1 AS b\nFROM scratch\nFROM b\n', ['image-digest']],
    ['kics', 'FROM b\nFROM a:1 AS b\n', ['image-tag', 'image-digest', 'image-digest']],
    ['hadolint', `FROM a@${digest}\n`, ['image-digest-alone']],
    ['scorecard', `FROM a:1@${digest}\n`, []],
    ['scorecard', 'FROM scratch\n', []],
    ['scorecard', `ARG B=a:1@${digest}\nFROM $B\n`, []],
    ['checkov', 'FROM --platform=$BUILDPLATFORM a:1 AS b\nFROM B\n', ['image-digest']],
    ['ours', 'ARG T=latest\nFROM a:${T}\n', ['image-tag', 'image-digest']],
    ['ours', 'ARG T\nFROM a:${T:-1}\n', ['image-digest']],
    ['ours', 'ARG T\nFROM a:$T\n', ['image-digest', 'image-unknown']],
    [
      'ours',
      'FROM scratch AS b\nCOPY --from=b /x /y\nCOPY --from=0 /x /y\nCOPY --from=a:1 /x /y\n',
      ['image-digest'],
    ],
    ['ours', 'FROM scratch\nRUN --mount=from=a:1,target=/x b\n', ['image-digest']],
  ])('%s: %s', (_source, text, expected) => {
    const { findings } = checkText(
      text,
      'Dockerfile',
      { profile: 'reproducible', severity: {} },
      { hasFile: () => false },
    );
    expect(findings.map(({ rule }) => rule).toSorted()).toEqual(expected.toSorted());
  });
});
