import { chmodSync, lchownSync, lutimesSync } from 'node:fs';
import { Digester, type Digest } from '../../core/index.ts';
import { shown } from '../filesystem/byte-string.ts';
import { chunkBuffer } from '../filesystem/content.ts';
import { SpecialNodes } from '../filesystem/nodes.ts';
import { gzip } from '../gzip.ts';
import { ContentSearch } from '../normalise/content-search.ts';
import { InjectedPaths } from '../normalise/injected.ts';
import {
  certificateResidue,
  forbiddenContent,
  pemBlock,
  refuseMarkers,
  scrubCertificate,
  type BuildTrust,
} from '../normalise/residue.ts';
import { applyRules, type Rule, type RuleHit } from '../normalise/rules.ts';
import { layerArchive } from './archive.ts';
import { LayerTree } from './layer-tree.ts';
import { dropSockets, expandOpaque, refuseReferences, stripForeignXattrs } from './opaque.ts';
import { clampedTime, dropUnchanged } from './unchanged.ts';

export interface LayerOptions {
  /** The overlay's upper directory, no longer mounted; it is changed to what the layer holds. */
  readonly upper: string;
  /** A merged view of all layers below, which is only read; undefined for a first layer. */
  readonly lower?: string | undefined;
  /** Unix seconds; no time in the layer is later. */
  readonly sourceDate: number;
  /** `rules`, or those of them that are switched on. */
  readonly rules: readonly Rule[];
  /** Absolute paths that the sandbox laid under the step: what is there counts as the step's only if it wrote it. */
  readonly injected?: readonly string[] | undefined;
  /** The directory with what was laid there, by which untouched copies are told. */
  readonly injectedFrom?: string | undefined;
  readonly trust?: BuildTrust | undefined;
  /** Byte sequences that no layer may hold, such as secrets. */
  readonly forbidden?: readonly Buffer[] | undefined;
}

export interface WrittenLayer {
  /** Digest of the uncompressed archive. */
  readonly diffId: Digest;
  /** Bytes of the uncompressed archive. */
  readonly size: number;
  readonly entryCount: number;
  /** Whether the step changed nothing; the layer is written all the same. */
  readonly empty: boolean;
  /** What the rules changed, and where the build's certificate was taken out. */
  readonly applied: readonly RuleHit[];
  /**
   * The compressed layer, read again from `upper`, which may have been renamed to `directory` and must not have
   * changed. Apart from the digest, so that later steps need not wait for the compression.
   */
  blob(directory: string): AsyncIterable<Uint8Array>;
}

/**
 * Writes what a step changed as a layer: the semantic difference between `upper` and `lower`, normalised in place, as
 * a canonical archive. Equal changes give equal bytes. Afterwards `upper` is what extracting the layer would give.
 * The root directory itself is no part of a layer; it gets back the owner and mode that it has below.
 * @throws HoldfastError CA_RESIDUE, LAYER_FORBIDDEN, LAYER_NAME_RESERVED (exit 6), LAYER_OVERLAY_FEATURE,
 *   XATTR_UNREADABLE, IMAGE_TOOL_MISSING (exit 2)
 */
export async function writeLayer(options: LayerOptions): Promise<WrittenLayer> {
  const { upper, lower, sourceDate, trust, forbidden = [] } = options;
  const tree = await LayerTree.scan(upper, lower);
  const contents = new ContentSearch(tree, [
    ...(trust ? [pemBlock(trust), ...trust.markers] : []),
    ...forbidden,
  ]);
  const nodes = new SpecialNodes(upper);
  const applied: RuleHit[] = [];
  let facts: LayerFacts;
  try {
    for (;;) {
      applied.push(...normalise(tree, options, contents, at => nodes.whiteout(at)));
      const [hashed, isFound] = await Promise.all([factsOfLayer(tree, sourceDate), contents.searchOwed()]);
      facts = hashed;
      // What was found where nobody expects it is taken out, or refused, in another round.
      if (!isFound) break;
    }
  } finally {
    nodes.close();
  }
  await stripForeignXattrs(upper, tree);
  settle(tree, sourceDate);

  return {
    ...facts,
    applied,
    blob(directory) {
      tree.movedTo(directory);
      return gzip(layerArchive(tree, sourceDate, chunkBuffer()));
    },
  };
}

type LayerFacts = Pick<WrittenLayer, 'diffId' | 'size' | 'entryCount' | 'empty'>;

export async function factsOfLayer(tree: LayerTree, sourceDate: number): Promise<LayerFacts> {
  const plain = new Digester();
  for await (const chunk of layerArchive(tree, sourceDate, chunkBuffer())) plain.update(chunk);
  const entryCount = tree.nodes().length;
  return { diffId: plain.digest(), size: plain.size, entryCount, empty: entryCount === 0 };
}

/** Takes out of the tree what is no change, and what differs from build to build. */
export function normalise(
  tree: LayerTree,
  options: Omit<LayerOptions, 'upper' | 'lower'>,
  contents: ContentSearch,
  whiteout: (at: Buffer) => void,
): RuleHit[] {
  const { sourceDate, trust } = options;
  const injected = new InjectedPaths(options.injected ?? [], options.injectedFrom);
  const changes = {
    sourceDate,
    timeless: (path: string) => injected.has(path),
    fleeting: (path: string) => injected.mayHaveMade(path),
  };
  refuseReferences(tree);
  dropSockets(tree, whiteout);
  expandOpaque(tree, whiteout);
  const stubs = injected.dropStubs(tree).map(path => ({ rule: 'injected', path: shown(path) }));
  // Rules look only at what the step changed, and may undo the change.
  dropUnchanged(tree, changes);
  const scrubbed = trust === undefined ? [] : scrubCertificate(tree, trust, contents, injected);
  const hits = applyRules(tree, options.rules, sourceDate, whiteout);
  dropUnchanged(tree, changes);
  refuseMarkers(tree, trust?.markers ?? [], contents, certificateResidue);
  refuseMarkers(tree, options.forbidden ?? [], contents, forbiddenContent);
  return [...stubs, ...scrubbed, ...hits];
}

/** Gives files the times that the archive says, and the root what it has below. Removing files changed times too. */
function settle(tree: LayerTree, sourceDate: number): void {
  for (const { path, facts, edited } of tree.nodes()) {
    if (facts.type === 'whiteout') continue;
    const time = clampedTime(facts.mtime, sourceDate);
    const isSettled = facts.type !== 'directory' && !edited && !facts.hasFraction && time === facts.mtime;
    if (!isSettled) lutimesSync(tree.at(path), time, time);
  }
  const { facts, below } = tree.root;
  const { uid, gid, mode } = below ?? facts;
  lchownSync(tree.at(''), uid, gid);
  chmodSync(tree.at(''), mode);
  const time = clampedTime(below?.mtime ?? facts.mtime, sourceDate);
  lutimesSync(tree.at(''), time, time);
}
