import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GlobPattern, parseGlob, replaced, withoutPrefix, withoutSuffix } from './glob-pattern.ts';

const text = fc.array(fc.constantFrom('a', 'b', '😀', '\n'), { maxLength: 7 }).map(parts => parts.join(''));
const pattern = fc
  .array(fc.constantFrom('a', 'b', '*', '?', '\\*', '😀'), { maxLength: 6 })
  .map(parts => parts.join(''));

function globbed(source: string): GlobPattern {
  const tokens = parseGlob(source);
  if (tokens === undefined) throw new Error(source);
  return tokens;
}

/** The same pattern for JavaScript, whose `.` excludes more than a line feed only for characters not used here. */
function expression(source: string, many: '.*' | '.*?'): string {
  return source.replaceAll(/\\\*|\*|\?/g, part => (part === '*' ? many : part === '?' ? '.' : part));
}

describe('patterns', () => {
  it('agree with regular expressions on beginnings', () => {
    fc.assert(
      fc.property(text, pattern, (value, source) => {
        for (const longest of [true, false]) {
          const expected = value.replace(
            new RegExp(`^(?:${expression(source, longest ? '.*' : '.*?')})`, 'u'),
            '',
          );
          expect(withoutPrefix(value, globbed(source), longest)).toBe(expected);
        }
      }),
    );
  });

  it('agree with what can be cut off the end', () => {
    fc.assert(
      fc.property(text, pattern, (value, source) => {
        const whole = new RegExp(`^(?:${expression(source, '.*')})$`, 'u');
        const characters = Array.from(value);
        const starts = [...characters.keys(), characters.length].filter(at =>
          whole.test(characters.slice(at).join('')),
        );
        const kept = (at: number | undefined): string => characters.slice(0, at).join('');
        expect(withoutSuffix(value, globbed(source), true)).toBe(kept(starts[0]));
        expect(withoutSuffix(value, globbed(source), false)).toBe(kept(starts.at(-1)));
      }),
    );
  });

  it('agree with regular expressions on the first match', () => {
    fc.assert(
      fc.property(text, pattern, (value, source) => {
        const expected = value.replace(new RegExp(expression(source, '.*'), 'u'), () => '[$&]');
        expect(replaced(value, globbed(source), '[$&]', false)).toBe(expected);
      }),
    );
  });

  it('know no empty match right behind a match', () => {
    expect(replaced('aab', globbed('a*'), 'x', true)).toBe('x');
    expect(replaced('ab', globbed('*'), 'x', true)).toBe('x');
    expect(replaced('ab', globbed(''), '-', true)).toBe('-a-b-');
    expect(replaced('', globbed(''), '-', true)).toBe('-');
  });

  it('escape no other character', () => {
    expect(['\\', 'a\\b', '\\\\\\'].map(parseGlob)).toEqual([undefined, undefined, undefined]);
  });
});
