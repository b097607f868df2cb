import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rootFiles } from './root-files.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-root-'));
  mkdirSync(join(root, 'opt/app/lib'), { recursive: true });
  writeFileSync(join(root, 'opt/app/lib/b'), 'b');
  writeFileSync(join(root, 'opt/app/lib/a'), 'a');
  symlinkSync('/opt/app', join(root, 'opt/current'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('directories are listed in order and through links; a file holds nothing', () => {
  const files = rootFiles(root);
  expect(files.list('')).toEqual(['opt']);
  expect(files.list('opt')).toEqual(['app', 'current']);
  expect(files.list('opt/current/lib')).toEqual(['a', 'b']);
  expect(files.list('opt/current/lib/a')).toEqual([]);
  expect(files.list('opt/current/lib/a/lib')).toEqual([]);
  expect(files.list('opt/app/lib')).toEqual(['a', 'b']);
  expect(files.directories('opt')).toEqual(['app', 'current']);
  expect(files.directories('opt/app/lib')).toEqual([]);
  expect(files.directories('nowhere')).toEqual([]);
  expect(files.read('opt/current/lib/a')?.toString()).toBe('a');
});
