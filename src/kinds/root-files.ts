/** A root file system that is only read. Paths have no leading slash; no link is followed out of it. */
export interface RootFiles {
  /** The names in a directory, sorted; none where there is no such directory. */
  list(directory: string): readonly string[];
  /**
   * Of those names the ones that may hold more: directories, and links. Who looks for something below whatever a
   * directory holds asks for these, for an image may have a hundred thousand plain files in one.
   */
  directories(directory: string): readonly string[];
  /** A regular file's content; nothing where there is none, or where it is larger than 64 MiB. */
  read(path: string): Buffer | undefined;
}

/** A root of these files alone, by path. */
export function rootOfFiles(files: ReadonlyMap<string, Buffer>): RootFiles {
  const below = (directory: string): string[][] => {
    const start = directory === '' ? '' : `${directory}/`;
    return [...files.keys()]
      .filter(path => path.startsWith(start))
      .map(path => path.slice(start.length).split('/'));
  };
  const firsts = (paths: readonly (readonly string[])[]) =>
    [...new Set(paths.map(([first = '']) => first))].toSorted();
  return {
    list: directory => firsts(below(directory)),
    directories: directory => firsts(below(directory).filter(path => path.length > 1)),
    read: path => files.get(path),
  };
}
