import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goMatch } from './path-match.ts';
import { problemOf } from './testing.ts';

describe('goMatch', () => {
  it.each<[string, string, boolean]>([
    ['a.txt', 'a.txt', true],
    ['*.txt', 'a.txt', true],
    ['*.txt', '.txt', true],
    ['*.txt', 'd/a.txt', false],
    ['*', '', true],
    ['*', 'a/b', false],
    ['**', 'a/b', false],
    ['d/*/f', 'd/e/f', true],
    ['d/*/f', 'd/e/e/f', false],
    ['?', '/', false],
    ['?', '😀', true],
    ['a?c', 'abc', true],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[^a]', '/', true],
    ['[!a]', '!', true],
    ['[!a]', 'b', false],
    ['[\\]]', ']', true],
    ['[\\-x]', '-', true],
    ['[*?]', '*', true],
    ['[*?]', 'a', false],
    ['a]', 'a]', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a.c', 'abc', false],
    ['(a|b)+$', '(a|b)+$', true],
  ])('%s %s %s', (pattern, name, expected) => {
    expect(goMatch(pattern, name)).toBe(expected);
  });

  it.each(['[', '[a', '[]', '[]a]', '[-a]', '[a-]', '[^]', '[a-b-c]', 'a\\', '[\\', '*['])(
    'refuses %s',
    pattern => {
      expect(problemOf(() => goMatch(pattern, 'a'))).toBe('DOCKERFILE_PATTERN');
    },
  );

  it('agrees with the regular expression for the same pattern', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '?'), { maxLength: 8 });
    const name = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 });
    fc.assert(
      fc.property(pattern, name, (parts, characters) => {
        const source = parts.map(part => (part === '*' ? '[^/]*' : part === '?' ? '[^/]' : part)).join('');
        const expected = new RegExp(`^${source}$`).test(characters.join(''));
        expect(goMatch(parts.join(''), characters.join(''))).toBe(expected);
      }),
    );
  });

  it('takes no exponential time', () => {
    expect(goMatch(`${'*a'.repeat(300)}b`, 'a'.repeat(2000))).toBe(false);
  });
});
