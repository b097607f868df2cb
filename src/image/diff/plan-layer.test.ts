import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../filesystem/testing.ts';
import type { Rule } from '../normalise/rules.ts';
import { collect, tarEntries } from '../tar/testing.ts';
import type { PlannedFile } from './layer-tree.ts';
import { planLayer } from './plan-layer.ts';
import { sourceDate } from './testing.ts';

const common = { uid: 0, gid: 0, mtime: sourceDate + 5, target: Buffer.alloc(0) };

/** A plan of one file in a directory that the layers below have. */
function planIn(root: string, rules: readonly Rule[] = []) {
  mkdirSync(join(root, 'lower/usr'), { recursive: true });
  writeFileSync(join(root, 'source'), 'content');
  const files: PlannedFile[] = [
    { ...common, path: 'usr', type: 'directory', mode: 0o755, size: 0 },
    {
      ...common,
      path: 'usr/file',
      type: 'file',
      mode: 0o644,
      size: 7,
      source: Buffer.from(join(root, 'source')),
    },
  ];
  return planLayer({ files, lower: join(root, 'lower'), sourceDate, rules });
}

test('files that are nowhere yet are a layer, and stay one as long as nobody changes them', async () => {
  using dir = temporaryDirectory();
  const layer = await planIn(dir.path);
  if (layer === undefined) throw new Error('these files are a layer');
  const archive = async () => collect(layer.archive());
  const entries = await tarEntries(await archive());
  expect(entries.map(({ header }) => [header.path.toString(), header.mode, header.mtime])).toEqual([
    ['usr', 0o755, sourceDate],
    ['usr/file', 0o644, sourceDate],
  ]);
  for (const changed of ['CONTENT', 'longer content', 'less']) {
    writeFileSync(join(dir.path, 'source'), changed);
    await expect(archive(), changed).rejects.toMatchObject({ code: 'FILE_CHANGED' });
    await expect(collect(layer.blob()), changed).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  }
});

test('what is there already is no change', async () => {
  using dir = temporaryDirectory();
  mkdirSync(join(dir.path, 'lower/usr'), { recursive: true });
  const usr = { ...common, path: 'usr', type: 'directory', mode: 0o755, size: 0 } as const;
  const plan = { files: [usr], lower: join(dir.path, 'lower'), sourceDate, rules: [] };
  const mode = { ...plan, files: [{ ...usr, mode: 0o700 }] };
  expect(await Promise.all([plan, mode].map(async one => (await planLayer(one))?.empty))).toEqual([
    process.getuid?.() === 0,
    false,
  ]);
});

test('a content that a rule changes must be written first', async () => {
  using dir = temporaryDirectory();
  const rule = (outcome: ReturnType<Rule['apply']>): Rule => ({
    id: 'test',
    what: '',
    why: '',
    paths: /^usr\/file$/,
    apply: () => outcome,
  });
  expect(await planIn(dir.path, [rule({ kind: 'content', content: Buffer.from('x') })])).toBeUndefined();
  expect((await planIn(dir.path, [rule({ kind: 'gone' })]))?.empty).toBe(true);
});

test('names that mark removed files are refused', async () => {
  using dir = temporaryDirectory();
  const file = { ...common, path: '.wh.a', type: 'fifo', mode: 0o644, size: 0 } as const;
  const plan = { files: [file], lower: dir.path, sourceDate, rules: [] };
  await expect(planLayer(plan)).rejects.toMatchObject({ code: 'LAYER_NAME_RESERVED' });
});
