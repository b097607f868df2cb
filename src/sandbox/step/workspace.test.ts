import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeGeneratedFiles } from './workspace.ts';

let directory: string;
let mask: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-generated-'));
  mask = process.umask(0o077);
});
afterEach(() => {
  process.umask(mask);
  rmSync(directory, { recursive: true });
});

test('every user of the image can read the generated files, whatever the mask of who builds', () => {
  writeGeneratedFiles(directory, '198.18.0.1');
  for (const name of ['hosts', 'hostname', 'resolv.conf'])
    expect(statSync(join(directory, name)).mode & 0o777, name).toBe(0o644);
});
