import { describe, expect, it } from 'vitest';
import type { EscapeCharacter } from './directives.ts';
import { LogicalLines } from './logical-lines.ts';
import { maximumLineBytes } from './physical-lines.ts';
import { Source } from './source.ts';
import { problemOf } from './testing.ts';

function joined(text: string, escape: EscapeCharacter = '\\'): string[] {
  const lines = new LogicalLines(new Source(text, 'f'), escape);
  const found: string[] = [];
  for (let line = lines.next(); line !== undefined; line = lines.next()) found.push(line.text.text);
  return found;
}

describe('joining continued lines', () => {
  it.each([
    ['plain lines', 'A b\nC d\n', ['A b', 'C d']],
    ['no line end at the end', 'A b\nC d', ['A b', 'C d']],
    ['comments and empty lines between', '\n# x\nA b\n  # y\n\t\nC d\n', ['A b', 'C d']],
    ['a continuation', 'A b \\\n  c\n', ['A b   c']],
    ['a continuation without a blank before it', 'A b\\\nc\n', ['A bc']],
    ['blanks behind the escape', 'A b \\ \t \n c\n', ['A b  c']],
    ['two escapes at the end', 'A b\\\\\nC d\n', ['A b\\\\', 'C d']],
    ['three escapes at the end', 'A b\\\\\\\nC d\n', ['A b\\\\\\', 'C d']],
    ['an escape behind an escaped blank', 'A b\\ \\\nc\n', ['A b\\ c']],
    ['an escape alone on its line', 'A b \\\n\\\nc\n', ['A b c']],
    ['an escape alone on the first line', '\\\n  A b\n', ['A b']],
    ['comments inside', 'A b \\\n# x\n  # y \\\n c\n', ['A b  c']],
    ['empty lines inside', 'A b \\\n\n \t\n c\n', ['A b  c']],
    ['a hash that begins no line', 'A b \\\n c # d\n', ['A b  c # d']],
    ['the end of the file inside', 'A b \\', ['A b']],
    ['the end of the file behind a comment inside', 'A b \\\n# c', ['A b']],
    ['CRLF', 'A b \\\r\n c\r\nC d\r\n', ['A b  c', 'C d']],
    ['CRLF behind a comment inside', 'A b \\\r\n# x\r\n\r\n c\r\n', ['A b  c']],
    ['spaces that are not ASCII around', '\u00a0A b\u3000\n', ['A b']],
    ['a byte order mark', '\uFEFFA b\n', ['A b']],
  ])('%s', (_, text, expected) => {
    expect(joined(text)).toEqual(expected);
  });

  it('takes the backtick where it is the escape, and the backslash then for itself', () => {
    expect(joined('A b `\n c\\\nC d\n', '`')).toEqual(['A b  c\\', 'C d']);
  });

  it('limits a line by its bytes, not its characters', () => {
    const room = maximumLineBytes - 2;
    expect(problemOf(() => joined(`A ${'x'.repeat(room)}\n`))).toBe('no problem');
    expect(problemOf(() => joined(`# ok\nA ${'x'.repeat(room + 1)}\n`))).toBe('DOCKERFILE_LINE_TOO_LONG 2:1');
    expect(problemOf(() => joined(`A ${'é'.repeat(room / 2 + 1)}\n`))).toBe('DOCKERFILE_LINE_TOO_LONG 1:1');
  });
});

describe('places', () => {
  it('maps every character of a joined line to where it stands', () => {
    const text = '\uFEFF# top\r\n  RUN one \\\r\n# comment\r\n\ttwo \\ \n\nthree\r\n';
    const line = new LogicalLines(new Source(text, 'f'), '\\').next()?.text;
    expect(line?.text).toBe('RUN one \ttwo three');
    const characters = Array.from(line?.text ?? '', (_, index) => text[line?.offsetOf(index) ?? 0]);
    expect(characters.join('')).toBe(line?.text);
  });

  it('counts lines and columns from 1, behind a byte order mark too', () => {
    const text = '\uFEFFRUN one \\\n  two\n';
    const line = new LogicalLines(new Source(text, 'f'), '\\').next()?.text;
    expect(line?.range(0, 3)).toEqual({ start: 1, end: 4, line: 1, column: 1, endLine: 1, endColumn: 4 });
    expect(line?.range(4, 13)).toMatchObject({ line: 1, column: 5, endLine: 2, endColumn: 6 });
    expect(line?.range(10, 13)).toMatchObject({ line: 2, column: 3, endLine: 2, endColumn: 6 });
  });
});
