import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import type { RootFiles } from '../../kinds/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';

/** Bytes. */
const largestFile = 64 * 1024 * 1024;

/** The files of a mounted root, which does not change, as the image itself would resolve their paths. */
export function rootFiles(view: string): RootFiles {
  const at = (path: string) => view + resolveInRoot(view, path);
  return {
    ...listing(directory => readdirSync(at(directory), { withFileTypes: true })),
    read: path => attempt(() => readIfSmall(at(path))),
  };
}

/** What a directory holds, as readdir tells it. */
export interface Named {
  readonly name: string;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Every kind looks into the same directories, so each is read once. @param entriesOf throws where there is none */
export function listing(
  entriesOf: (directory: string) => readonly Named[],
): Pick<RootFiles, 'list' | 'directories'> {
  const known = new Map<string, readonly Named[]>();
  const at = (directory: string) => {
    const entries = known.get(directory) ?? attempt(() => entriesOf(directory)) ?? [];
    known.set(directory, entries);
    return entries;
  };
  const names = (entries: readonly Named[]) => entries.map(({ name }) => name).toSorted();
  return {
    list: directory => names(at(directory)),
    directories: directory =>
      names(at(directory).filter(entry => entry.isDirectory() || entry.isSymbolicLink())),
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
