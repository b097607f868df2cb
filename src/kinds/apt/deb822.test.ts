import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stanzas, words, type Stanza } from './deb822.ts';

const failure = (line: number, reason: string): Error => new Error(`${line}: ${reason}`);
const parse = (text: string): Stanza[] => [...stanzas(text, failure)];

describe('stanzas', () => {
  it('splits at empty lines, and at lines of blanks', () => {
    const found = parse('\n\nA: 1\nB: 2\n \t \nA: 3\n\n\n');
    expect(found.map(stanza => [stanza.line, stanza.names])).toEqual([
      [3, ['A', 'B']],
      [6, ['A']],
    ]);
  });

  it('joins continuation lines, and passes over comments, also inside of a value', () => {
    const [stanza] = parse('# one\nFiles:\n  a b\n# two\n\tc\n .\nNext:x \r\n');
    expect(stanza?.get('files')).toBe('a b\nc\n.');
    expect(stanza?.get('NEXT')).toBe('x');
    expect(stanza?.lineOf('Next')).toBe(7);
    expect(stanza?.get('Absent')).toBeUndefined();
  });

  it.each([
    [' A: 1\n', '1: a continuation line without a field before it'],
    ['A: 1\nno field\n', '2: not a field: "no field"'],
    ['A: 1\na: 2\n', '2: the field a is given twice'],
    [': 1\n', '1: not a field: ": 1"'],
    ['<html>\n', '1: not a field: "<html>"'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('gives them one at a time: what follows is not looked at', () => {
    expect(stanzas('A: 1\n\n<html>\n', failure).next().value?.get('A')).toBe('1');
  });

  it('reads back what is written', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
    const line = fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/).filter(text => !text.startsWith('#'));
    const stanza = fc.uniqueArray(fc.tuple(name, fc.array(line, { minLength: 1, maxLength: 3 })), {
      minLength: 1,
      selector: ([field]) => field.toLowerCase(),
    });
    fc.assert(
      fc.property(fc.array(stanza), written => {
        const text = written
          .map(fields => fields.map(([field, lines]) => `${field}: ${lines.join('\n ')}\n`).join(''))
          .join('\n');
        const read = parse(text).map(one => one.names.map(field => [field, one.get(field)?.split('\n')]));
        expect(read).toEqual(written);
      }),
    );
  });
});

it('words splits at any white space', () => {
  expect(words(' a\tb\n c ')).toEqual(['a', 'b', 'c']);
  expect(words(undefined)).toEqual([]);
});
