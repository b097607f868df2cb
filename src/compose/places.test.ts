import { afterAll, describe, expect, it } from 'vitest';
import { loaded, removeProjects } from './testing.ts';

afterAll(removeProjects);

/** Line and column of each character of the inline Dockerfile that the marks stand in front of. */
function placesOf(yaml: string, marks: readonly string[]): string[] {
  const inline = loaded(yaml, { environment: { V: 'value' } }).services.get('a')?.build?.inline;
  return marks.map(mark => {
    const at = inline?.text.indexOf(mark) ?? -1;
    const { line, column } = inline?.mapped.range(at, at + mark.length) ?? { line: 0, column: 0 };
    return `${line}:${column}`;
  });
}

describe('every character of a value knows where it is written', () => {
  it.each([
    [
      'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM one\n\n          RUN two\n',
      ['FROM', 'one', 'RUN', 'two'],
      ['5:9', '5:14', '7:11', '7:15'],
    ],
    [
      'services:\r\n  a:\r\n    build:\r\n      dockerfile_inline: |\r\n        FROM one\r\n        RUN two\r\n',
      ['FROM', 'RUN', 'two'],
      ['5:9', '6:9', '6:13'],
    ],
    [
      'services:\n  a: { build: { dockerfile_inline: "FROM one\\nRUN \\u0041 two" } }\n',
      ['FROM', 'RUN', 'A', 'two'],
      ['2:37', '2:47', '2:51', '2:58'],
    ],
    [
      "services:\n  a: { build: { dockerfile_inline: 'FROM it''s one' } }\n",
      ['FROM', 's one'],
      ['2:37', '2:46'],
    ],
    ['services:\n  a: { build: { dockerfile_inline: FROM one } }\n', ['one'], ['2:41']],
    [
      'services:\n  a:\n    build:\n      dockerfile_inline: >\n        FROM\n        one\n',
      ['FROM', 'one'],
      ['5:9', '6:9'],
    ],
    [
      'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM $V:${W:-1} AS x\n',
      ['FROM', 'value', ':1', '1', ' AS'],
      ['5:9', '5:14', '5:16', '5:17', '5:24'],
    ],
    [
      'x: &d "FROM one"\nservices:\n  a: { build: { dockerfile_inline: *d } }\n'.replace('x:', 'x-x:'),
      ['one'],
      ['1:15'],
    ],
  ])('%j', (yaml, marks, places) => {
    expect(placesOf(yaml, marks)).toEqual(places);
  });
});
