import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { everything } from './sources.ts';
import { sourcesDigest } from './sources-digest.ts';

let root: string;
let count = 0;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-digest-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function digestOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(root, String(count++));
  await mkdir(directory);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(directory, dirname(path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  return sourcesDigest([{ root: directory, path: '' }], everything);
}

const name = fc.constantFrom('a', 'b', 'ab', 'a b', 'a\n', '"', ',', 'file');
const trees = fc.dictionary(
  fc.oneof(
    name.map(file => `f/${file}`),
    fc.tuple(name, name).map(([directory, file]) => `d/${directory}/${file}`),
  ),
  fc.constantFrom('', 'a', 'b', 'ab', 'file', '"'),
  { maxKeys: 3 },
);

test('two trees have one digest where they are the same, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, async (one, other) => {
      const same = isDeepStrictEqual({ ...one }, { ...other });
      expect((await digestOf(one)) === (await digestOf(other))).toBe(same);
    }),
    { numRuns: 100 },
  );
});

test('a file that moves to another name is another tree', async () => {
  expect(await digestOf({ one: 'x' })).not.toBe(await digestOf({ two: 'x' }));
});
