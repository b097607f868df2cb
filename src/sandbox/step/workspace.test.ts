import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixedTime } from './injected-layer.ts';
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

test('generated files tell neither the mask of who builds nor the time', () => {
  writeGeneratedFiles(directory, '198.18.0.1');
  for (const name of ['hosts', 'hostname', 'resolv.conf']) {
    const { mode, mtime } = statSync(join(directory, name));
    // Every user of the image must be able to read them.
    expect(mode & 0o777, name).toBe(0o644);
    expect(mtime, name).toEqual(fixedTime);
  }
});
