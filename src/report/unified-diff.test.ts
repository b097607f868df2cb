import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unifiedDiff } from './unified-diff.ts';

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'diff-'))));
afterAll(() => rmSync(directory, { recursive: true }));

const many = Array.from({ length: 40 }, (_, n) => `line ${n}\n`).join('');

it.each([
  ['a\n', 'b\n'],
  ['a\nb\n', 'b\n'],
  ['a\n', 'a\nb\n'],
  ['a', 'a\n'],
  ['a\n', 'a'],
  [many, many.replace('line 3\n', '').replace('line 30', 'other').replace('line 34', 'x\ny')],
  [undefined, 'new\n'],
])('git applies it', (before, after) => {
  const path = join(directory, 'f');
  rmSync(path, { force: true });
  if (before !== undefined) writeFileSync(path, before);
  execFileSync('git', ['apply', '--unsafe-paths', '-'], {
    cwd: directory,
    input: unifiedDiff('f', before, after),
  });
  expect(readFileSync(path, 'utf8')).toBe(after);
});

it('says nothing of equal texts, and shows no control characters', () => {
  expect(unifiedDiff('f', 'a\n', 'a\n')).toBe('');
  expect(unifiedDiff('f', '', 'a\u001b[31mb\r\n')).not.toMatch(/[\u001b\r]/);
});
