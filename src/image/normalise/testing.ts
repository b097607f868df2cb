import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Workbench, written } from '../diff/testing.ts';
import { factsOf } from '../filesystem/facts.ts';
import { snapshot, temporaryDirectory } from '../filesystem/testing.ts';
import type { TarFile } from '../tar/index.ts';

/** A layer of `upper` entries above `lower` ones; what was applied, and the contents of what is left. */
export async function layerOf(
  upper: TarFile[],
  lower: TarFile[] = [],
  options: Partial<Parameters<typeof written>[0]> = {},
) {
  using dir = temporaryDirectory();
  const bench = new Workbench(dir.path);
  const below = await bench.layer('lower', lower);
  const above = await bench.layer('upper', upper);
  const result = await written({ upper: above, lower: below, ...options });
  await bench.extract('again', result.archive);
  expect(await snapshot(bench.at('again'))).toEqual(await snapshot(above));
  const content = (path: string) => {
    const at = join(above, path);
    return factsOf(Buffer.from(at))?.type === 'file' ? readFileSync(at, 'latin1') : undefined;
  };
  const hits = result.applied.map(({ rule, path }) => `${rule} ${path}`);
  const files = upper.map(({ header }) => header.path.toString('latin1'));
  return { ...result, hits, contents: Object.fromEntries(files.map(path => [path, content(path)])) };
}
