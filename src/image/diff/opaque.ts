import { usageError } from '../../core/index.ts';
import { joined, parentOf, shown, type ByteString } from '../filesystem/byte-string.ts';
import { isOpaque, removeXattr } from '../filesystem/xattrs.ts';
import type { LayerTree } from './layer-tree.ts';
import { layerXattrs } from '../filesystem/xattrs.ts';

/**
 * Writes out what opaque directories hide as one whiteout for each name. Which directories become opaque depends on
 * the kernel and on the order of a step's work; which names are gone does not.
 */
export function expandOpaque(tree: LayerTree, whiteout: (at: Buffer) => void): void {
  const opaque = new Set<ByteString>();
  for (const node of tree.nodes()) {
    if (node.facts.type !== 'directory') continue;
    // Below an opaque directory nothing of the lower layers shows, whether marked again or not.
    if (!isOpaque(node.xattrs) && !opaque.has(parentOf(node.path))) continue;
    opaque.add(node.path);
    for (const name of tree.lowerNames(node)) {
      const path = joined(node.path, name);
      if (tree.get(path) === undefined) tree.hide(path, whiteout);
    }
  }
}

/**
 * An upper directory made with these features does not hold the step's files, only references to them.
 * @throws HoldfastError LAYER_OVERLAY_FEATURE (exit 2)
 */
export function refuseReferences(tree: LayerTree): void {
  for (const { path, xattrs } of tree.nodes()) {
    const feature = [...xattrs.keys()].find(name =>
      /^(?:trusted|user)\.overlay\.(?:redirect|metacopy)$/.test(name),
    );
    if (feature === undefined) continue;
    throw usageError(
      'LAYER_OVERLAY_FEATURE',
      `/${shown(path)} was stored by overlayfs as a reference (${feature})`,
      {
        next: 'Mount the step with redirect_dir=off,metacopy=off.',
      },
    );
  }
}

/**
 * Takes off what the archive does not hold, overlayfs' own attributes first of all, so that the directory can serve as
 * a layer like one that was extracted. `security.*` labels are the kernel's and stay.
 */
export async function stripForeignXattrs(upper: string, tree: LayerTree): Promise<void> {
  const holders = new Map<string, ByteString[]>();
  const inodes = new Set<string>();
  for (const { path, facts, xattrs } of [{ path: '', ...tree.root }, ...tree.nodes()]) {
    // Attributes belong to the file, not to each of its names.
    if (facts.inode !== undefined && inodes.has(facts.inode)) continue;
    if (facts.inode !== undefined) inodes.add(facts.inode);
    const kept = layerXattrs(xattrs);
    for (const name of xattrs.keys()) {
      if (kept.has(name) || /^(?:security|system)\./.test(name)) continue;
      if (path === '' && isMountIdentity(name)) continue;
      const paths = holders.get(name);
      if (paths === undefined) holders.set(name, [path]);
      else paths.push(path);
    }
  }
  for (const [name, paths] of holders) await removeXattr(upper, name, paths);
}

/**
 * What overlayfs leaves on the upper directory itself to know the same mount again. In a lower layer nothing reads it, and
 * to take it off costs each step a program.
 */
function isMountIdentity(name: string): boolean {
  return /^(?:trusted|user)\.overlay\.uuid$/.test(name);
}

/** Sockets are the traces of programs that ran; no archive can hold one. */
export function dropSockets(tree: LayerTree, whiteout: (at: Buffer) => void): void {
  for (const { path, facts } of tree.nodes()) {
    if (facts.type === 'socket') tree.hide(path, whiteout);
  }
}
