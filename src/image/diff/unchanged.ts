import { parentOf, type ByteString } from '../filesystem/byte-string.ts';
import { sameContent } from '../filesystem/content.ts';
import type { LayerNode, LayerTree } from './layer-tree.ts';
import { sameXattrs } from '../filesystem/xattrs.ts';

export interface ChangeOptions {
  /** Unix seconds: no time of the layer is later. */
  readonly sourceDate: number;
  /** Whether a difference in time alone does not count for this path. */
  readonly timeless: (path: ByteString) => boolean;
  /** Directories that go when they hold nothing, though the layers below have none. */
  readonly fleeting: (path: ByteString) => boolean;
}

/** The time that a file of the layer gets: whole seconds, never after the source date, never before 1970. */
export function clampedTime(mtime: number, sourceDate: number): number {
  return Math.max(0, Math.min(mtime, sourceDate));
}

/**
 * Drops what is as it lies below: overlayfs copies up what was merely opened, touched and put back, or renamed to and
 * fro. A directory stays if it is new, if its own metadata (time apart) changed, or if it holds something that stays.
 * Names of one file stay together: were one dropped, the others would no longer be the same file as it.
 */
export function dropUnchanged(tree: LayerTree, options: ChangeOptions): void {
  const nodes = tree.nodes();
  const changed = new Set<string>();
  const differing = new Set<ByteString>();
  for (const node of nodes) {
    if (node.facts.type === 'directory' || isUnchanged(tree, node, options)) continue;
    differing.add(node.path);
    if (node.facts.inode !== undefined && node.facts.type !== 'whiteout') changed.add(node.facts.inode);
  }
  const holding = new Set<ByteString>();
  for (const node of nodes.toReversed()) {
    const { type, inode } = node.facts;
    const stays =
      type === 'directory'
        ? holding.has(node.path) || isOwnDirectory(node, options)
        : differing.has(node.path) || (type !== 'whiteout' && inode !== undefined && changed.has(inode));
    if (stays) holding.add(parentOf(node.path));
    else tree.drop(node.path);
  }
}

/** New, or with metadata of its own. */
function isOwnDirectory({ path, facts, xattrs, below }: LayerNode, { fleeting }: ChangeOptions): boolean {
  if (below === undefined) return !fleeting(path);
  return below.type !== 'directory' || !sameOwner(facts, below) || !sameXattrs(xattrs, below.xattrs);
}

function isUnchanged(tree: LayerTree, node: LayerNode, { sourceDate, timeless }: ChangeOptions): boolean {
  const { facts, below } = node;
  // A whiteout of nothing says nothing.
  if (facts.type === 'whiteout') return below === undefined;
  if (below === undefined || below.type !== facts.type) return false;
  const sameTime =
    timeless(node.path) ||
    node.edited ||
    below.mtime === facts.mtime ||
    below.mtime === clampedTime(facts.mtime, sourceDate);
  return (
    sameTime &&
    sameOwner(facts, below) &&
    facts.size === below.size &&
    facts.target.equals(below.target) &&
    facts.device.major === below.device.major &&
    facts.device.minor === below.device.minor &&
    sameXattrs(node.xattrs, below.xattrs) &&
    (facts.type !== 'file' || sameContent(tree.at(node.path), tree.lowerAt(node.path)))
  );
}

function sameOwner(a: LayerNode['facts'], b: LayerNode['facts']): boolean {
  return a.uid === b.uid && a.gid === b.gid && (a.type === 'symlink' || a.mode === b.mode);
}
