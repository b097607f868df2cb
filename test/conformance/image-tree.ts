import { createHash } from 'node:crypto';
import { readTar, type TarEntry } from '../../src/image/index.ts';

/** The files of an image, by path. Hard links of a file share one object. */
type Files = Map<string, TreeFile>;

interface TreeFile {
  readonly entry: Omit<TarEntry, 'body'>;
  readonly content: Buffer;
}

/** Applies layers, from the bottom (OCI image-spec layer.md, "Applying Changesets"). */
export async function filesOf(layers: readonly AsyncIterable<Uint8Array>[]): Promise<Files> {
  const files: Files = new Map();
  for (const layer of layers) await apply(files, layer);
  return files;
}

async function apply(files: Files, layer: AsyncIterable<Uint8Array>): Promise<void> {
  const own = new Set<string>();
  for await (const entry of readTar(layer)) {
    const path = entry.path.toString().replace(/^\.?\/+|\/+$/g, '');
    if (path === '' || path === '.') continue;
    const [, parent = '', name = ''] = /^(.*\/)?(.*)$/.exec(path) ?? [];
    if (name === '.wh..wh..opq') {
      for (const below of files.keys()) if (below.startsWith(parent) && !own.has(below)) files.delete(below);
    } else if (name.startsWith('.wh.')) {
      removeAll(files, parent + name.slice(4));
    } else {
      const isDirectory = entry.type === 'directory' && files.get(path)?.entry.type === 'directory';
      if (!isDirectory) removeAll(files, path);
      own.add(path);
      files.set(path, await fileOf(entry, files));
    }
  }
}

function removeAll(files: Files, path: string): void {
  for (const other of files.keys()) if (other === path || other.startsWith(`${path}/`)) files.delete(other);
}

async function fileOf({ body, ...entry }: TarEntry, files: Files): Promise<TreeFile> {
  if (entry.type === 'link') {
    const target = files.get(entry.target.toString().replace(/^\.?\/+/, ''));
    if (target === undefined) throw new Error(`${entry.path.toString()} is a hard link to nothing`);
    return target;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { entry, content: Buffer.concat(chunks) };
}

/**
 * One line for each path, such as `file 644 0:0 "text"`, `dir 755 0:0`, `link to/there`, `fifo 600 1:2`; hard links
 * end in `= FIRST`, the first path of the file.
 * @param dated paths whose lines end in the date, in seconds since 1970.
 */
export function treeLines(files: Files, dated: readonly string[] = []): Record<string, string> {
  const first = new Map<TreeFile, string>();
  const lines: Record<string, string> = {};
  for (const path of [...files.keys()].toSorted()) {
    const file = files.get(path) as TreeFile;
    const original = first.get(file);
    first.set(file, original ?? path);
    const parts = [lineOf(file), ...xattrsOf(file)];
    if (original !== undefined) parts.push(`= ${original}`);
    if (dated.includes(path)) parts.push(`@${file.entry.mtime}`);
    lines[path] = parts.join(' ');
  }
  return lines;
}

function lineOf({ entry, content }: TreeFile): string {
  const owner = `${entry.uid}:${entry.gid}`;
  const mode = entry.mode.toString(8);
  switch (entry.type) {
    case 'file':
      return `file ${mode} ${owner} ${shown(content)}`;
    case 'link':
      throw new TypeError('hard links have become files');
    case 'directory':
      return `dir ${mode} ${owner}`;
    case 'symlink':
      return `link ${entry.target.toString()}${owner === '0:0' ? '' : ` ${owner}`}`;
    case 'fifo':
      return `fifo ${mode} ${owner}`;
    case 'char':
    case 'block':
      return `${entry.type} ${mode} ${owner} ${entry.device?.major}:${entry.device?.minor}`;
  }
}

/** Short text as it is, anything else by size and digest. */
function shown(content: Buffer): string {
  const text = content.toString();
  if (content.length <= 200 && /^[\n\t\x20-\x7e]*$/.test(text)) return JSON.stringify(text);
  return `${content.length} bytes ${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
}

function xattrsOf({ entry }: TreeFile): string[] {
  return [...entry.xattrs].map(([name, value]) => `${name}=${value.toString('hex')}`).toSorted();
}

/** The lines of `tree` that `base` has not, and `gone` for those that only `base` has. */
export function treeDifference(
  base: Readonly<Record<string, string>>,
  tree: Readonly<Record<string, string>>,
): Record<string, string> {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(tree)])].toSorted();
  const changed = paths.filter(path => base[path] !== tree[path]);
  return Object.fromEntries(changed.map(path => [path, tree[path] ?? 'gone']));
}
