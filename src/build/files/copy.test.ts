import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyInto } from './copy.ts';
import { filesBelow } from './copy-target.ts';
import { everything } from './sources.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-copy-'));
  for (const name of ['from/inner', 'to']) await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, 'from/inner/täst file'), 'x');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const takesAttributes = (path: string) =>
  spawnSync('setfattr', ['-n', 'user.note', '-v', 'kept', path]).status === 0;

test.each(['image', 'context'] as const)(
  'attributes go along from an %s only where they are its own',
  async metadata => {
    const path = join(root, 'from/inner/täst file');
    if (!takesAttributes(path)) return console.log('skipped: this file system has no user attributes');
    await copyInto({
      sources: [{ root: join(root, 'from'), path: '' }],
      selection: everything,
      into: filesBelow(join(root, 'to')),
      target: '/',
      metadata,
      sourceDate: 1_700_000_000,
      where: { file: 'Dockerfile', line: 1 },
    });
    const copy = join(root, 'to/inner/täst file');
    const shown = execFileSync('getfattr', ['-d', '-m', 'user', '--absolute-names', copy]).toString();
    expect(shown.includes('user.note="kept"')).toBe(metadata === 'image');
  },
);
