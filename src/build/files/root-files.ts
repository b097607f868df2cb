import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import type { RootFiles } from '../../kinds/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';

/** Bytes. */
const largestFile = 64 * 1024 * 1024;

/** The files of a mounted root, as the image itself would resolve their paths. */
export function rootFiles(view: string): RootFiles {
  const at = (path: string) => view + resolveInRoot(view, path);
  return {
    list: directory => attempt(() => readdirSync(at(directory)).toSorted()) ?? [],
    read: path => attempt(() => readIfSmall(at(path))),
  };
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
