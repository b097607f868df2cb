import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../core/index.ts';
import { checkCompose, composeParts, fixCompose } from './compose.ts';
import { counts } from './finding.ts';
import type { LockedInputs } from './locked-inputs.ts';
import type { RuleContext } from './rule.ts';
import { defaultSettings } from './settings.ts';

const context: RuleContext = { hasFile: () => false };
const digest = sha256('image');
const locked: LockedInputs = {
  builds: name => (name === 'compose.yaml' ? [{}] : []),
  hasImage: () => true,
  imageDigest: reference => (reference === 'tiny:1' ? digest : undefined),
  fileDigest: () => undefined,
  commit: () => undefined,
};

function placesOf(text: string, given: RuleContext = context): string[] {
  const { findings } = checkCompose(text, 'compose.yaml', defaultSettings, given);
  return findings.map(({ rule, range }) => `${rule} ${range.line}:${range.column}-${range.endColumn}`);
}

describe('a Dockerfile in a compose file', () => {
  const text = `services:
  a:
    build:
      dockerfile_inline: |
        FROM \${BASE}
        # holdfast ignore=apt-version
        RUN apt-get update && \\
            apt-get install -y curl
        RUN curl -fsSL https://example.org/x.sh | sh
        USER 1000
`;

  it('has its findings where the compose file has them', () => {
    const found = placesOf(text, {
      ...context,
      readFile: name => (name === '.env' ? 'BASE=tiny:1\n' : undefined),
    });
    expect(found).toContain('image-digest 5:14-21');
    expect(found).toContain('download-run 9:24-48');
    expect(found.every(place => !/ [1-4]:/.test(place))).toBe(true);
  });

  it('obeys comments, and the lock that builds it', () => {
    const { findings } = checkCompose(text, 'compose.yaml', defaultSettings, { ...context, locked });
    const of = (rule: string) => findings.filter(one => one.rule === rule).map(counts);
    expect(of('apt-version')).toEqual([false]);
    expect(of('image-unknown')).toEqual([false]);
    expect(of('download-run')).toEqual([true]);
  });

  it('that cannot be read says where', () => {
    const { unread } = checkCompose(
      'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x:1\n        COPI a b\n',
      'compose.yaml',
      defaultSettings,
      context,
    );
    expect(unread).toMatchObject([{ range: { line: 6, column: 9 } }]);
  });

  it('never throws', () => {
    for (const broken of [
      'services: [',
      'services:\n  a: { image: "${" }',
      '- a',
      '\0',
      'services: 5',
      'a: *b',
    ])
      expect(() => checkCompose(broken, 'compose.yaml', defaultSettings, context)).not.toThrow();
  });
});

describe('fixes of a compose file', () => {
  it('write digests of the lock behind images, and change nothing else', () => {
    const text = `x-i: &i tiny:1
services:
  a: { image: *i } # kept
  b: { image: "tiny:1" }
  c: { image: "\${T:-tiny:1}" }
  d:
    build:
      dockerfile_inline: |
        FROM tiny:1 AS \${N:-x}
        FROM \${B:-tiny:1}
        RUN true
`;
    const { text: fixed, fixed: done } = fixCompose(text, 'compose.yaml', defaultSettings, {
      ...context,
      locked,
    });
    expect(done.map(({ range }) => range.line)).toEqual([1, 4, 9]);
    expect(fixed).toBe(
      text
        .replace('&i tiny:1', `&i tiny:1@${digest}`)
        .replace('"tiny:1"', `"tiny:1@${digest}"`)
        .replace('FROM tiny:1', `FROM tiny:1@${digest}`),
    );
    expect(fixCompose(fixed, 'compose.yaml', defaultSettings, { ...context, locked }).text).toBe(fixed);
  });
});

describe('parts of compose files', () => {
  const place = mkdtempSync(join(tmpdir(), 'holdfast-check-compose-'));
  afterAll(() => rmSync(place, { recursive: true }));

  it('are what they build, include and extend, as far as it is there', () => {
    const files = {
      'compose.yaml':
        'include: [sub/services.yml, absent.yaml]\nservices:\n  a: { extends: { file: base.yml, service: b } }\n  c: { build: { context: "${DIR}", dockerfile: Other } }\n',
      '.env': 'DIR=app\n',
      'app/Other': 'FROM x\n',
      'base.yml': 'services: { b: { build: https://example.org/x.git } }\n',
      'sub/services.yml': 'include: [../compose.yaml]\nservices: { d: { build: . } }\n',
      'sub/Dockerfile': 'FROM x\n',
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    const { dockerfiles, composeFiles } = composeParts([join(place, 'compose.yaml')]);
    const named = (paths: readonly string[]) => paths.map(path => path.slice(place.length + 1)).toSorted();
    expect(named(dockerfiles)).toEqual(['app/Other', 'sub/Dockerfile']);
    expect(named(composeFiles)).toEqual(['base.yml', 'compose.yaml', 'sub/services.yml']);
  });
});
