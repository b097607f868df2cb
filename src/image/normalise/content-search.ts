import type { LayerNode, LayerTree } from '../diff/layer-tree.ts';
import { byteString, type ByteString } from '../filesystem/byte-string.ts';
import { readChunks } from '../filesystem/content.ts';
import { findBytes } from './find-bytes.ts';
import { searchFiles } from './search-files.ts';

/** Where trusted certificates are kept. */
const certificatePlaces =
  /(?:^|\/)(?:ssl|pki|certs?)\/|ca-|cert|trust|keystore|\.(?:pem|crt|cer|jks|ks|p12)$/i;

/**
 * What is found in the contents of a tree's files; a file that was not edited since is not read again.
 *
 * Where certificates are to be expected is searched when it is asked about. The rest is owed: it is many times as much, and
 * another thread can do it while this one has other work. Until then such a file counts as clean.
 */
export class ContentSearch {
  readonly #tree: LayerTree;
  readonly #patterns: readonly Buffer[];
  readonly #found = new Map<ByteString, { node: LayerNode; patterns: readonly Buffer[] }>();

  constructor(tree: LayerTree, patterns: readonly Buffer[]) {
    this.#tree = tree;
    this.#patterns = patterns;
  }

  /** The patterns that a regular file holds, as far as it was searched. */
  found(node: LayerNode): readonly Buffer[] {
    const known = this.#known(node);
    if (known !== undefined || !isLikely(node)) return known ?? [];
    const patterns = findBytes(readChunks(this.#tree.at(node.path)), this.#patterns);
    this.#found.set(node.path, { node, patterns });
    return patterns;
  }

  /**
   * Searches all files that are in the tree and were not searched yet, which must not change meanwhile.
   * @returns whether anything was found in them
   */
  async searchOwed(): Promise<boolean> {
    const files = this.#tree.nodes().filter(node => this.#known(node) === undefined);
    const bytes = files.reduce((sum, { facts }) => sum + facts.size, 0);
    const paths = files.map(({ path }) => byteString(this.#tree.at(path)));
    const found = new Map(await searchFiles({ paths, patterns: this.#patterns }, bytes));
    for (const [index, node] of files.entries()) {
      const held = found.get(index) ?? [];
      const patterns = this.#patterns.filter((_, pattern) => held.includes(pattern));
      this.#found.set(node.path, { node, patterns });
    }
    return found.size > 0;
  }

  #known(node: LayerNode): readonly Buffer[] | undefined {
    const { type, size } = node.facts;
    if (type !== 'file' || size === 0 || this.#patterns.length === 0) return [];
    const known = this.#found.get(node.path);
    // An edit makes a new node.
    return known?.node === node ? known.patterns : undefined;
  }
}

/** What the layers below have as well may be a bundle of theirs, wherever it is. */
const isLikely = ({ path, below }: LayerNode) => below !== undefined || certificatePlaces.test(path);
