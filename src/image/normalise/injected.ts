import { byteString, parentOf, within, type ByteString } from '../filesystem/byte-string.ts';
import { sameContent } from '../filesystem/content.ts';
import { factsOf } from '../filesystem/facts.ts';
import type { LayerTree } from '../diff/layer-tree.ts';

/** The paths that the sandbox lays under a step without their being part of the image. */
export class InjectedPaths {
  readonly #paths: ReadonlySet<ByteString>;
  readonly #parents = new Set<ByteString>();
  readonly #source: ((path: ByteString) => Buffer) | undefined;

  /** `paths` are absolute in the image; `source` is the directory with what was laid there, where it is at hand. */
  constructor(paths: readonly string[], source?: string) {
    this.#paths = new Set(paths.map(path => byteString(Buffer.from(path)).replace(/^\/+|\/+$/g, '')));
    for (const path of this.#paths) {
      for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) this.#parents.add(parent);
    }
    this.#source = source === undefined ? undefined : within(source);
  }

  /** An injected path, or one within an injected directory. */
  has(path: ByteString): boolean {
    for (let at = path; at !== ''; at = parentOf(at)) if (this.#paths.has(at)) return true;
    return false;
  }

  /** A directory that the sandbox may have made to hold what it lays under a step. */
  mayHaveMade(path: ByteString): boolean {
    return this.#parents.has(path) || this.has(path);
  }

  /** Injected paths that the image itself does not have. */
  missingBelow(tree: LayerTree): ByteString[] {
    return [...this.#paths].filter(path => tree.lowerFacts(path) === undefined);
  }

  /**
   * Drops what the sandbox itself left at these paths: the empty files that mounts need to stand on, and copies of
   * what was laid there, made when a step changed nothing but their metadata. What a step wrote stays.
   */
  dropStubs(tree: LayerTree): ByteString[] {
    const dropped: ByteString[] = [];
    for (const { path, facts, below } of tree.nodes().toReversed()) {
      if (facts.type !== 'file' || !this.has(path)) continue;
      if (!(facts.size === 0 && below === undefined) && !this.#isCopy(tree, path, facts.size)) continue;
      tree.drop(path);
      dropped.push(path);
    }
    return dropped;
  }

  #isCopy(tree: LayerTree, path: ByteString, size: number): boolean {
    if (this.#source === undefined) return false;
    const facts = factsOf(this.#source(path));
    return facts?.type === 'file' && facts.size === size && sameContent(tree.at(path), this.#source(path));
  }
}
