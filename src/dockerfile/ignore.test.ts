import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIgnoreFile } from './ignore-file.ts';
import { IgnoreMatcher } from './ignore-matcher.ts';
import { problemOf } from './testing.ts';

describe('readIgnoreFile', () => {
  it('cleans patterns and skips comments', () => {
    const text = '\uFEFF# top\r\n a/b/ \r\n/c\n\n./d/../e//f\n! /g\n!h\n #i\n/\n!\n..\n\u00a0j';
    const expected = ['a/b', 'c', 'e/f', '!g', '!h', '#i', '/', '!', '..', 'j'];
    expect(readIgnoreFile(text)).toEqual(expected);
  });

  it('finds nothing in nothing', () => {
    expect(readIgnoreFile('')).toEqual([]);
  });
});

describe('IgnoreMatcher', () => {
  it.each<[string, string, boolean]>([
    // plain names, and what lies below them
    ['a', 'a', true],
    ['a', 'a/b/c', true],
    ['a', 'b/a', false],
    ['a', 'ab', false],
    ['a/b', 'a', false],
    ['./a/', 'a/b', true],
    ['a', './a', true],
    // one level
    ['*', 'a/b', true],
    ['*.md', 'a.md', true],
    ['*.md', 'b/a.md', false],
    ['*.md', 'a.md/b', true],
    ['a/*', 'a', false],
    ['a/*/c', 'a/b/c/d', true],
    ['a?', 'ab', true],
    ['a?', 'a', false],
    ['[a-c].md', 'b.md', true],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['a.md', 'abmd', false],
    // any number of levels
    ['**', 'a/b', true],
    ['**/a', 'a', true],
    ['**/a', 'b/c/a', true],
    ['**/a', 'b/ca', false],
    ['**/a', 'b/a/c', true],
    ['**/*.md', 'b/c/a.md', true],
    ['a/**', 'a', false],
    ['a/**', 'a/b/c', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/xb', false],
    ['a**', 'ab/c', true],
    ['a**/b', 'ax/b', true],
    ['a**b', 'ax/b', true],
    ['a**b', 'axb', false],
    ['**.md', 'b/a.md', true],
    ['**.m?', 'b/a.md', false],
    ['**/a/**', 'x/a/b', true],
    ['**/a/**', 'x/a', false],
    // the context itself
    ['**', '.', false],
    ['*', '', false],
  ])('%s %s %s', (pattern, path, expected) => {
    expect(new IgnoreMatcher([pattern]).matches(path)).toBe(expected);
  });

  it.each<[string[], string, boolean]>([
    [['*', '!a'], 'a', false],
    [['*', '!a'], 'b', true],
    [['*', '!a'], 'a/b', false],
    [['!a', '*'], 'a', true],
    [['a', '!a/b'], 'a/b/c', false],
    [['a', '!a/b', 'a/b/c'], 'a/b/c', true],
    [['**/*.md', '!README.md'], 'README.md', false],
    [['**/*.md', '!README.md'], 'x/README.md', true],
    [['**', '!a/**', '**/z'], 'a/b', false],
    [['**', '!a/**', '**/z'], 'a/z', true],
    [[' a ', '', '!  a/b'], 'a/x', true],
  ])('%j %s %s', (patterns, path, expected) => {
    expect(new IgnoreMatcher(patterns).matches(path)).toBe(expected);
  });

  it.each([['!'], ['['], ['a[]'], ['!a\\']])('refuses %s', pattern => {
    expect(problemOf(() => new IgnoreMatcher([pattern]))).toBe('DOCKERFILE_PATTERN');
  });

  it.each<[string[], string, boolean]>([
    [['a'], 'a', false],
    [['a', '!b'], 'a', false],
    [['a', '!a/b/c'], 'a', true],
    [['a', '!a/b/c'], 'a/b', true],
    [['a', '!a/b/c'], 'a/x', false],
    [['a', '!**/c'], 'a', true],
    [['a', '!*/c'], 'a', true],
    [['a', '!*/c'], 'a/x', false],
    [['*', '!a'], 'a', true],
    [['*'], '.', true],
  ])('whether %j may keep something below %s: %s', (patterns, directory, expected) => {
    expect(new IgnoreMatcher(patterns).mayHoldUnignored(directory)).toBe(expected);
  });

  it('never calls a directory done that holds something to keep, whatever was asked before', () => {
    const name = fc.constantFrom('a', 'b', '*', '**', '?', 'a*', '[ab]');
    const pattern = fc.tuple(fc.boolean(), fc.array(name, { minLength: 1, maxLength: 4 }));
    const path = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), fc.array(path, { minLength: 1 }), (raw, paths) => {
        const patterns = raw.map(([exception, parts]) => (exception ? '!' : '') + parts.join('/'));
        const matcher = new IgnoreMatcher(patterns);
        for (const parts of paths) {
          const ignored = matcher.matches(parts.join('/'));
          expect(ignored).toBe(new IgnoreMatcher(patterns).matches(parts.join('/')));
          for (let depth = 1; depth < parts.length && !ignored; depth++) {
            const directory = parts.slice(0, depth).join('/');
            if (matcher.matches(directory)) expect(matcher.mayHoldUnignored(directory)).toBe(true);
          }
        }
      }),
    );
  });
});
