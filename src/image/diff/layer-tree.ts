import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { stepError } from '../../core/index.ts';
import { byBytes, byteString, joined, nameOf, parentOf, shown, within } from '../filesystem/byte-string.ts';
import type { ByteString } from '../filesystem/byte-string.ts';
import { rewrite } from '../filesystem/content.ts';
import { factsOf, type FileFacts } from '../filesystem/facts.ts';
import { layerXattrs, noXattrs, readTreeXattrs, readXattrs, type Xattrs } from '../filesystem/xattrs.ts';

/** One file of an overlay's upper directory, and what lies below it. */
export interface LayerNode {
  readonly path: ByteString;
  readonly facts: FileFacts;
  readonly xattrs: Xattrs;
  /** The same path in the layers below; undefined where they have none, or where the tree has no lower. */
  readonly below: (FileFacts & { readonly xattrs: Xattrs }) | undefined;
  /** A content that was changed here: the file's own time is lost, so a time alone is then no difference. */
  readonly edited: boolean;
}

/** A file that is to be in a layer, and that no directory holds yet. */
export interface PlannedFile extends Pick<FileFacts, 'mode' | 'uid' | 'gid' | 'mtime' | 'size' | 'target'> {
  /** Without a leading slash. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo';
  /** Where the content of a regular file is. */
  readonly source?: Buffer | undefined;
}

/** A change that needs the files of a layer in a directory. */
export class NotPlanned extends Error {}

/**
 * The files of an upper directory, without its root. Taking a node out, or changing a content, does the same on the
 * disk, so the two never part.
 */
export class LayerTree {
  #upper: (path: ByteString) => Buffer;
  readonly #lower: ((path: ByteString) => Buffer) | undefined;
  readonly #nodes = new Map<ByteString, LayerNode>();
  readonly #isPlanned: boolean;
  readonly root: {
    readonly facts: FileFacts;
    readonly xattrs: Xattrs;
    readonly below: FileFacts | undefined;
  };

  private constructor(
    upper: (path: ByteString) => Buffer,
    lower: string | undefined,
    root: Pick<LayerTree['root'], 'facts' | 'xattrs'>,
    isPlanned = false,
  ) {
    this.#upper = upper;
    this.#lower = lower === undefined ? undefined : within(lower);
    this.root = { ...root, below: this.#lower && factsOf(this.#lower('')) };
    this.#isPlanned = isPlanned;
  }

  /** Reads what is in `upper`. `lower` is the merged view of all layers below. @throws HoldfastError LAYER_NAME_RESERVED */
  static async scan(upper: string, lower: string | undefined): Promise<LayerTree> {
    const xattrs = await readTreeXattrs(upper);
    const at = within(upper);
    const facts = factsOf(at(''));
    if (facts === undefined) throw new Error(`${upper} is missing`);
    const tree = new LayerTree(at, lower, { facts, xattrs: xattrs.get('') ?? noXattrs });
    tree.#walk('', tree.root.below?.type === 'directory', xattrs);
    if (lower !== undefined) await tree.#readLowerXattrs(lower);
    return tree;
  }

  /**
   * The same of files that lie elsewhere, parents first: nothing is changed on the disk, and what needs that throws NotPlanned.
   * @param lower the merged view of all layers below; a directory that is there as well has the attributes it has there.
   */
  static async planned(files: readonly PlannedFile[], lower: string): Promise<LayerTree> {
    const root = factsOf(Buffer.from(lower));
    if (root === undefined) throw new Error(`${lower} is missing`);
    const sources = new Map<ByteString, Buffer>();
    const at = (path: ByteString) => sources.get(path) ?? notOnDisk(path);
    const tree = new LayerTree(at, lower, { facts: root, xattrs: noXattrs }, true);
    for (const { path: text, source, ...file } of files) {
      const path = byteString(Buffer.from(text));
      if (nameOf(path).startsWith('.wh.')) throw reservedName(path);
      if (source !== undefined) sources.set(path, source);
      const facts = { ...file, hasFraction: false, device: { major: 0, minor: 0 }, inode: undefined };
      const parent = tree.#nodes.get(parentOf(path));
      const hasLower = parent === undefined || parent.below?.type === 'directory';
      const below = hasLower ? tree.#belowFacts(path) : undefined;
      tree.#nodes.set(path, { path, facts, xattrs: noXattrs, below, edited: false });
    }
    await tree.#readLowerXattrs(lower);
    for (const node of tree.#nodes.values()) {
      const xattrs = node.facts.type === 'directory' ? layerXattrs(node.below?.xattrs ?? noXattrs) : noXattrs;
      // What is put into such a directory gets attributes from it, which only the system knows to make.
      if (xattrs.has('system.posix_acl_default')) throw new NotPlanned();
      if (xattrs.size > 0) tree.#nodes.set(node.path, { ...node, xattrs });
    }
    return tree;
  }

  #walk(directory: ByteString, hasLower: boolean, xattrs: ReadonlyMap<ByteString, Xattrs>): void {
    for (const name of readdirSync(this.#upper(directory), 'buffer').map(byteString)) {
      const path = joined(directory, name);
      if (name.startsWith('.wh.')) throw reservedName(path);
      const facts = factsOf(this.#upper(path));
      if (facts === undefined) throw new Error(`/${shown(path)} vanished`);
      const below = hasLower ? this.#belowFacts(path) : undefined;
      this.#nodes.set(path, { path, facts, xattrs: xattrs.get(path) ?? noXattrs, below, edited: false });
      if (facts.type === 'directory') this.#walk(path, below?.type === 'directory', xattrs);
    }
  }

  #belowFacts(path: ByteString): LayerNode['below'] {
    const facts = this.#lower && factsOf(this.#lower(path));
    return facts === undefined ? undefined : { ...facts, xattrs: noXattrs };
  }

  async #readLowerXattrs(lower: string): Promise<void> {
    const both = [...this.#nodes.values()].filter(({ facts, below }) => below?.type === facts.type);
    const xattrs = await readXattrs(
      lower,
      both.map(({ path }) => path),
    );
    for (const node of both) {
      const found = xattrs.get(node.path);
      if (found === undefined || node.below === undefined) continue;
      this.#nodes.set(node.path, { ...node, below: { ...node.below, xattrs: found } });
    }
  }

  /** Says that the upper directory has been renamed. */
  movedTo(upper: string): void {
    this.#upper = within(upper);
  }

  get(path: ByteString): LayerNode | undefined {
    return this.#nodes.get(path);
  }

  /** All nodes as they are now, each directory before what it holds. */
  nodes(): LayerNode[] {
    return [...this.#nodes.values()].toSorted((a, b) => byBytes(a.path, b.path));
  }

  /** Where a node is on the disk. */
  at(path: ByteString): Buffer {
    return this.#upper(path);
  }

  /** Where the same path of the layers below is on the disk; look at `below` first: it may lead through a link. */
  lowerAt(path: ByteString): Buffer {
    if (this.#lower === undefined) throw new Error('there is no lower');
    return this.#lower(path);
  }

  /** The names that the layer itself has in a directory. */
  names(path: ByteString): ByteString[] {
    if (this.#isPlanned) throw new NotPlanned();
    return readdirSync(this.#upper(path), 'buffer').map(byteString);
  }

  /** The names in the directory that lies below; none where below is none. */
  lowerNames(node: LayerNode): ByteString[] {
    if (node.below?.type !== 'directory') return [];
    return readdirSync(this.lowerAt(node.path), 'buffer').map(byteString);
  }

  /** Facts of any path below, undefined if it is not there or leads through something that is no directory. */
  lowerFacts(path: ByteString): FileFacts | undefined {
    if (this.#lower === undefined) return undefined;
    const parent = parentOf(path);
    if (parent !== '' && this.lowerFacts(parent)?.type !== 'directory') return undefined;
    return factsOf(this.#lower(path));
  }

  /** Takes a node out of the tree and off the disk: what lies below shows again. A directory must hold nothing. */
  drop(path: ByteString): void {
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    this.#nodes.delete(path);
    if (this.#isPlanned) return;
    if (node.facts.type === 'directory') rmdirSync(this.#upper(path));
    else unlinkSync(this.#upper(path));
  }

  /** Drops a node and all that it holds. */
  dropTree(path: ByteString): void {
    if (this.#nodes.get(path)?.facts.type === 'directory') {
      const held = [...this.#nodes.keys()].filter(other => other.startsWith(`${path}/`));
      for (const other of held.toSorted(byBytes).toReversed()) this.drop(other);
    }
    this.drop(path);
  }

  /** Makes a path gone for whoever looks at all layers: `whiteout` makes the node on the disk. */
  hide(path: ByteString, whiteout: (at: Buffer) => void): void {
    this.dropTree(path);
    const facts = this.lowerFacts(path);
    if (facts === undefined) return;
    if (this.#isPlanned) throw new NotPlanned();
    whiteout(this.#upper(path));
    this.#nodes.set(path, {
      path,
      facts: { ...facts, type: 'whiteout', inode: undefined },
      xattrs: noXattrs,
      below: { ...facts, xattrs: noXattrs },
      edited: false,
    });
  }

  /** Changes the content of a regular file, under all its names. */
  edit(node: LayerNode, content: Buffer): void {
    if (this.#isPlanned) throw new NotPlanned();
    rewrite(this.#upper(node.path), content);
    const { inode } = node.facts;
    const names = inode === undefined ? [node] : this.nodes().filter(({ facts }) => facts.inode === inode);
    for (const { path } of names) {
      const current = this.#nodes.get(path) ?? node;
      this.#nodes.set(path, {
        ...current,
        facts: { ...current.facts, size: content.length },
        edited: true,
      });
    }
  }
}

function reservedName(path: ByteString): Error {
  return stepError('LAYER_NAME_RESERVED', `/${shown(path)}: names that begin with ".wh." cannot be stored`, {
    next: 'Have the step use another name: image layers mark deleted files so.',
  });
}

function notOnDisk(path: ByteString): never {
  throw new Error(`/${shown(path)} has no content`);
}
