import { describe, expect, it } from 'vitest';
import { foreignSyntax, readDirectives } from './directives.ts';
import { parseDockerfile } from './parse.ts';
import { Source } from './source.ts';
import { problemOf } from './testing.ts';

function values(text: string): unknown[] {
  const { escape, syntax, check } = readDirectives(new Source(text, 'f'));
  return [escape, syntax?.text, check];
}

describe('directives', () => {
  it.each<[string, string, unknown[]]>([
    ['none', 'FROM a\n', ['\\', undefined, undefined]],
    [
      'all',
      '# syntax=a/b:1\n# escape=`\n#check = skip=all;error=true \n',
      ['`', 'a/b:1', { skip: 'all', experimental: [], error: true }],
    ],
    ['any case, blanks in front, CRLF', '  #  EsCaPe\t=\t` \r\nFROM a', ['`', undefined, undefined]],
    ['behind a byte order mark', '\uFEFF# escape=`\n', ['`', undefined, undefined]],
    ['not behind another comment', '# hello\n# escape=`\n', ['\\', undefined, undefined]],
    ['not behind an empty line', '\n# escape=`\n', ['\\', undefined, undefined]],
    ['not behind an unknown directive', '# color=red\n# escape=`\n', ['\\', undefined, undefined]],
    ['not behind an instruction', 'FROM a\n# escape=`\n', ['\\', undefined, undefined]],
    ['a comment that has no value', '# syntax=\n# escape=`\n', ['\\', undefined, undefined]],
    ['behind a shebang all but escape', '#!/usr/bin/x\n# syntax=a\n# escape=`\n', ['\\', 'a', undefined]],
  ])('%s', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['skip=A, B', { skip: ['A', 'B'], experimental: [], error: false }],
    ['error = 1 ; experimental=all', { skip: [], experimental: 'all', error: true }],
    ['error=false;skip=all', { skip: 'all', experimental: [], error: false }],
  ])('# check=%s', (text, expected) => {
    expect(values(`# check=${text}\nFROM a`)[2]).toEqual(expected);
  });

  it.each(['all', 'skip', 'error=perhaps', 'skip=A;', 'other=1', 'SKIP=A'])('refuses # check=%s', text => {
    expect(problemOf(() => values(`# check=${text}\nFROM a`))).toBe('DOCKERFILE_DIRECTIVE 1:9');
  });

  it('keeps the place of a value', () => {
    const text = '#   syntax =  a/b:1  \nFROM a';
    const { syntax } = readDirectives(new Source(text, 'f'));
    expect(text.slice(syntax?.range.start, syntax?.range.end)).toBe('a/b:1');
  });

  it('refuses a directive given twice and an escape that is none', () => {
    expect(problemOf(() => values('# escape=`\n# Escape=`\n'))).toBe('DOCKERFILE_DIRECTIVE 2:1');
    expect(problemOf(() => values('# escape=/\nFROM a'))).toBe('DOCKERFILE_DIRECTIVE 1:10');
  });

  it('knows files that are written for another frontend', () => {
    expect(foreignSyntax(new Source('// syntax = other/lang:1\nx', 'f'))).toBe('other/lang:1');
    expect(foreignSyntax(new Source('{ "syntax": "other/lang" }', 'f'))).toBe('other/lang');
    expect(foreignSyntax(new Source('{ "syntax": 1 }', 'f'))).toBeUndefined();
    expect(problemOf(() => parseDockerfile('// syntax=x\n', 'f'))).toBe('DOCKERFILE_UNSUPPORTED 1:1');
  });
});
