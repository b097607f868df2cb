import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import type { RootFiles } from '../../kinds/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';

/** Bytes. */
const largestFile = 64 * 1024 * 1024;

/** The files of a mounted root, which does not change, as the image itself would resolve their paths. */
export function rootFiles(view: string): RootFiles {
  const at = (path: string) => view + resolveInRoot(view, path);
  // Kinds look for projects in whatever a directory holds; to ask the system about each of 20,000 files takes seconds.
  const files = new Set<string>();
  const list = (directory: string): string[] => {
    const entries = readdirSync(at(directory), { withFileTypes: true });
    for (const entry of entries)
      if (entry.isFile()) files.add(directory === '' ? entry.name : `${directory}/${entry.name}`);
    return entries.map(({ name }) => name).toSorted();
  };
  return {
    list: directory => (isWithin(files, directory) ? [] : (attempt(() => list(directory)) ?? [])),
    read: path => attempt(() => readIfSmall(at(path))),
  };
}

/** Whether a path is one of these, or would lie below one. */
export function isWithin(paths: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
    if (paths.has(path.slice(0, end))) return true;
  return false;
}

/** What is no regular file, or a large one, is nothing. */
export function readIfSmall(file: string | Buffer): Buffer | undefined {
  const stat = lstatSync(file);
  return stat.isFile() && stat.size <= largestFile ? readFileSync(file) : undefined;
}

/** What an image's author did to a path (a loop of links, a file for a directory) means that nothing is installed there. */
export function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
