import {
  byBytes,
  bytesOf,
  joined,
  nameOf,
  parentOf,
  shown,
  type ByteString,
} from '../filesystem/byte-string.ts';
import { readChunks } from '../filesystem/content.ts';
import { noXattrs } from '../filesystem/xattrs.ts';
import { writeTar, type TarFile, type TarHeader } from '../tar/index.ts';
import type { LayerNode, LayerTree } from './layer-tree.ts';
import { layerXattrs } from '../filesystem/xattrs.ts';
import { clampedTime } from './unchanged.ts';

/**
 * The canonical archive of a layer: sorted by the raw bytes of the path, a directory before what it holds; of several
 * names of one file the first is the file, the others are links to it.
 * @param lent see `readChunks`: for whoever is done with each piece before asking for the next
 */
export function layerArchive(tree: LayerTree, sourceDate: number, lent?: Buffer): AsyncIterable<Buffer> {
  return writeTar(layerEntries(tree, sourceDate, lent));
}

function* layerEntries(tree: LayerTree, sourceDate: number, lent?: Buffer): Generator<TarFile> {
  const firstNames = new Map<string, ByteString>();
  const named = tree.nodes().map(node => ({ name: archiveName(node), node }));
  for (const { name, node } of named.toSorted((a, b) => byBytes(a.name, b.name))) {
    if (node.facts.type === 'whiteout') {
      yield { header: whiteoutHeader(name) };
      continue;
    }
    const { inode } = node.facts;
    const first = inode === undefined ? undefined : firstNames.get(inode);
    if (inode !== undefined && first === undefined) firstNames.set(inode, name);
    const header = headerOf(name, node, first, sourceDate);
    yield { header, body: header.type === 'file' ? readChunks(tree.at(node.path), lent) : undefined };
  }
}

function archiveName({ path, facts }: LayerNode): ByteString {
  return facts.type === 'whiteout' ? joined(parentOf(path), `.wh.${nameOf(path)}`) : path;
}

function headerOf(
  name: ByteString,
  { facts, xattrs }: LayerNode,
  first: ByteString | undefined,
  sourceDate: number,
): TarHeader {
  const { type, mode, uid, gid, size, mtime, device, target } = facts;
  if (type === 'socket' || type === 'whiteout') throw new Error(`${shown(name)}: a ${type} has no header`);
  const common = { path: bytesOf(name), mode, uid, gid, mtime: clampedTime(mtime, sourceDate) };
  if (first !== undefined) {
    return { ...common, type: 'link', target: bytesOf(first), size: 0, xattrs: noXattrs };
  }
  const isDevice = type === 'char' || type === 'block';
  return {
    ...common,
    type,
    target,
    size,
    device: isDevice ? device : undefined,
    xattrs: layerXattrs(xattrs),
  };
}

/** OCI image-spec layer.md, "Whiteouts": an empty file; nothing but the name counts. */
function whiteoutHeader(name: ByteString): TarHeader {
  const nothing = { target: Buffer.alloc(0), mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, xattrs: noXattrs };
  return { ...nothing, type: 'file', path: bytesOf(name) };
}
