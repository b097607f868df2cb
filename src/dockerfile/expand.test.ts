import { describe, expect, it } from 'vitest';
import { expandHeredoc, expandWord, expandWords } from './expand.ts';
import { problemOf } from './testing.ts';

const variables = new Map([
  ['name', 'tree'],
  ['path', '/opt/lib/x.tar.gz'],
  ['empty', ''],
  ['spaced', ' two  words '],
  ['größe', 'XL'],
  ['star', 'a*b'],
  ['lines', 'one\ntwo'],
]);

describe('expandWord', () => {
  it.each([
    // quotes and escapes
    ['plain words', 'plain words'],
    [`it"'"s`, "it's"],
    [`'a "b" $name \\n'`, 'a "b" $name \\n'],
    [`"a \\"b\\" \\$name \\n \\\\"`, 'a "b" $name \\n \\'],
    ['a\\ b\\$name\\\\', 'a b$name\\'],
    ['ends in \\', 'ends in '],
    ['"$name"x', 'treex'],
    ['\\😀', '😀'],
    // names
    ['$name.txt', 'tree.txt'],
    ['$names', ''],
    ['${name}s', 'trees'],
    ['$größe', 'XL'],
    ['$1name', 'name'],
    ['a$', 'a$'],
    ['$/x', '$/x'],
    ['$@$*$#$?x', 'x'],
    ['$$name', 'name'],
    // defaults
    ['${name:-other}', 'tree'],
    ['${none:-other $name}', 'other tree'],
    ['${empty:-other}|${empty-other}', 'other|'],
    ['${none:-${gone:-"deep"}}', 'deep'],
    ['${name:+set}|${empty:+set}|${empty+set}|${none+set}', 'set||set|'],
    ['${name:?no}|${empty?no}', 'tree|'],
    ['${none:-a\\}b}', 'a}b'],
    ["${none:-'a}b'}", 'a}b'],
    // patterns
    ['${path#*/}', 'opt/lib/x.tar.gz'],
    ['${path##*/}', 'x.tar.gz'],
    ['${path%.*}', '/opt/lib/x.tar'],
    ['${path%%.*}', '/opt/lib/x'],
    ['${path#/???/}', 'lib/x.tar.gz'],
    ['${path#nothing}', '/opt/lib/x.tar.gz'],
    ['${path%${none:-.gz}}', '/opt/lib/x.tar'],
    ['${star#a\\*}', 'b'],
    ['${star%%\\**}', 'a'],
    ['${lines#*}', 'one\ntwo'],
    ['${lines##*}', '\ntwo'],
    ['${none#x}', ''],
    // replacement
    ['${path/\\//-}', '-opt/lib/x.tar.gz'],
    ['${path//\\//-}', '-opt-lib-x.tar.gz'],
    ['${path//./}', '/opt/lib/xtargz'],
    ['${name/e*/ick}', 'trick'],
    ['${name//e/[$name]}', 'tr[tree][tree]'],
    ['${name/x/y}', 'tree'],
    ['${name///-}', '-t-r-e-e-'],
    ['${name//*/x}', 'x'],
    ['${star/\\*/+}', 'a+b'],
  ])('%s', (word, expected) => {
    expect(expandWord(word, variables).text).toBe(expected);
  });

  it.each([
    ['${', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${.}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${{name}}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name:-a', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name:', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name/a}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name=x}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name:0:2}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name:#t}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name^^}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${#name}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${name#\\x}', 'DOCKERFILE_BAD_SUBSTITUTION'],
    ['${a:-'.repeat(50_000), 'DOCKERFILE_BAD_SUBSTITUTION'],
    ["it's", 'DOCKERFILE_QUOTE_UNCLOSED'],
    ['"open', 'DOCKERFILE_QUOTE_UNCLOSED'],
    ['"open\\"', 'DOCKERFILE_QUOTE_UNCLOSED'],
    ['${none:?}', 'DOCKERFILE_VARIABLE_REQUIRED'],
    ['${empty:?}', 'DOCKERFILE_VARIABLE_REQUIRED'],
    ['${none?say so}', 'DOCKERFILE_VARIABLE_REQUIRED'],
  ])('refuses %.40s', (word, code) => {
    expect(problemOf(() => expandWord(word, variables))).toBe(code);
  });

  it('takes the backtick for escape where told so', () => {
    expect(expandWord('C:\\dir\\`$name"`""', variables, '`').text).toBe('C:\\dir\\$name"');
  });

  it('says what was used and what was unset', () => {
    const { used, unset } = expandWord(
      "$name ${none:-$path} ${empty:+$gone} '$hidden' \\$escaped",
      variables,
    );
    expect([used, unset]).toEqual([
      ['name', 'path', 'empty'],
      ['none', 'gone'],
    ]);
  });

  it('names the place it is given', () => {
    const where = { file: 'Dockerfile', line: 3, column: 7 };
    expect(problemOf(() => expandWord('${', variables, '\\', where))).toBe('DOCKERFILE_BAD_SUBSTITUTION 3:7');
  });

  it('stops before a doubling chain fills the memory, and a pattern the time', () => {
    const long = new Map([['x', 'a'.repeat(500_000)]]);
    expect(problemOf(() => expandWord('$x'.repeat(100), long))).toBe('DOCKERFILE_EXPANSION_TOO_LARGE');
    expect(problemOf(() => expandWord('${x//?*a*b/}', long))).toBe('DOCKERFILE_EXPANSION_TOO_LARGE');
  });
});

describe('expandWords', () => {
  it.each([
    ['one two', ['one', 'two']],
    ['  one\ttwo  ', ['one', 'two']],
    ['"one two" three', ['one two', 'three']],
    ['one\\ two', ['one two']],
    ['a$spaced', ['a', 'two', 'words']],
    ['"$spaced"', [' two  words ']],
    ['x${none:-a  b}y', ['xa', 'by']],
    ["'' a", ['a']],
    ['$none', []],
  ])('%s', (text, expected) => {
    expect(expandWords(text, variables).words).toEqual(expected);
  });
});

describe('expandHeredoc', () => {
  it('keeps quotes and removes escapes', () => {
    expect(expandHeredoc(`"$name" 'it' \\$name \\\\ <<x it's\n`, variables).text).toBe(
      `"tree" 'it' $name \\ <<x it's\n`,
    );
  });
});
