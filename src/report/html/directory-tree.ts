import type { ChangedFile } from '../changed-files.ts';

/** A directory in which files differ. */
export interface Directory {
  /** From the one above it, so `usr/share/doc` where nothing else differs in between. */
  readonly name: string;
  readonly directories: readonly Directory[];
  readonly files: readonly NamedFile[];
  /** Of all files below. */
  readonly count: number;
  /** Bytes that they have more than before. */
  readonly delta: number;
  /** Bytes of what is larger of both, by which things are put in order. */
  readonly weight: number;
}

export interface NamedFile extends ChangedFile {
  readonly name: string;
}

/** Files by their directories, the largest first; chains of directories are one. */
export function directoryTree(files: readonly ChangedFile[]): Directory {
  return treeOf(
    '',
    files.map(file => ({ ...file, name: file.path })),
    0,
  );
}

/** Deeper directories are not told apart: no page could show them, and a hostile path has thousands. */
const deepest = 40;

function treeOf(name: string, files: readonly NamedFile[], depth: number): Directory {
  const parts = Map.groupBy(files, file => (depth >= deepest ? '' : firstSegment(file.name)));
  const own = parts.get('') ?? [];
  parts.delete('');
  const directories = [...parts].map(([first, inside]) => {
    const below = inside.map(file => ({ ...file, name: file.name.slice(first.length + 1) }));
    return merged(treeOf(first, below, depth + 1));
  });
  const all = [
    ...directories,
    ...own.map(file => ({ count: 1, delta: deltaOf(file), weight: weightOf(file) })),
  ];
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    name,
    directories: directories.toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1)),
    files: own.toSorted((a, b) => weightOf(b) - weightOf(a) || (a.name < b.name ? -1 : 1)),
    count: sum(one => one.count),
    delta: sum(one => one.delta),
    weight: sum(one => one.weight),
  };
}

function merged(directory: Directory): Directory {
  const [only] = directory.directories;
  if (only === undefined || directory.directories.length > 1 || directory.files.length > 0) return directory;
  return { ...only, name: `${directory.name}/${only.name}` };
}

/** Empty for a file itself. */
function firstSegment(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export const deltaOf = ({ from = 0, to = 0 }: ChangedFile): number => to - from;

const weightOf = ({ from = 0, to = 0 }: ChangedFile): number => Math.max(from, to);
