import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RootFiles } from '../../kinds/index.ts';
import { readSources, type SourceEntry } from '../../kinds/apt/index.ts';

/** Directories whose files say which archives apt knows, and by which keys. */
const directories = ['etc/apt/sources.list.d', 'etc/apt/trusted.gpg.d'];
const files = ['etc/apt/sources.list', 'etc/apt/trusted.gpg'];

/**
 * The sources of an image's apt. Their files and the keyrings that they name are copied to `to`, so that no link of the
 * image leads out of it when they are read.
 * @throws HoldfastError APT_SOURCES_SYNTAX (exit 2)
 */
export async function copiedSources(image: RootFiles, to: string): Promise<readonly SourceEntry[]> {
  const listed = directories.flatMap(directory => image.list(directory).map(name => `${directory}/${name}`));
  for (const path of [...files, ...listed]) await copy(path);
  const entries = await readSources(to);
  for (const { signedBy } of entries)
    for (const one of signedBy) if (one.kind === 'file') await copy(one.path.replace(/^\/+/, ''));
  return entries;

  async function copy(path: string): Promise<void> {
    const bytes = path.split('/').includes('..') ? undefined : image.read(path);
    if (bytes === undefined) return;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await writeFile(join(to, path), bytes);
  }
}
