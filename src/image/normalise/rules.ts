import { usageError } from '../../core/index.ts';
import { joined, shown, type ByteString } from '../filesystem/byte-string.ts';
import { readStart } from '../filesystem/content.ts';
import type { LayerNode, LayerTree } from '../diff/layer-tree.ts';
import { clampedTime } from '../diff/unchanged.ts';
import { apkRules } from './apk.ts';
import { berkeleyDbRules } from './berkeley-db.ts';
import { cargoRules } from './cargo.ts';
import { debianRules } from './debian.ts';
import { gitRules } from './git.ts';
import { goRules } from './go.ts';
import { javaRules } from './java.ts';
import { npmRules } from './npm.ts';
import { pythonRules } from './python.ts';
import { rpmRules } from './rpm.ts';
import { rubyRules } from './ruby.ts';
import { texRules } from './tex.ts';

/** A rule that changed a file; `path` has no leading slash. */
export interface RuleHit {
  readonly rule: string;
  readonly path: string;
}

/** What becomes of a file: `gone` is gone in the image too where a layer below has it. */
export type RuleOutcome =
  | { readonly kind: 'same' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'content'; readonly content: Buffer };

/** A file that a step made or changed. */
export interface RuleFile {
  readonly path: ByteString;
  readonly type: LayerNode['facts']['type'];
  readonly size: number;
  /** The content, of regular files; cut at 16 MiB, so look at `size` first. */
  read(): Buffer;
  /** The content that the layers below have at this path, if they have a regular file. */
  readBelow(): Buffer | undefined;
  /** The names in it, or in `inner` below it, of a directory that the step made; undefined of all else. */
  newNames(inner?: ByteString): ByteString[] | undefined;
}

export interface RuleContext {
  readonly sourceDate: number;
  /** The time that a path has in the image, unix seconds; undefined if it is not there. */
  timeOf(path: ByteString): number | undefined;
}

/** A by-product of tools that differs from build to build though nothing that matters does. */
export interface Rule {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  /** Tried on the path without leading slash, as a byte string. */
  readonly paths: RegExp;
  apply(file: RuleFile, context: RuleContext): RuleOutcome;
}

export const rules: readonly Rule[] = [
  ...debianRules,
  ...apkRules,
  ...rpmRules,
  ...berkeleyDbRules,
  ...texRules,
  ...gitRules,
  ...javaRules,
  ...pythonRules,
  ...npmRules,
  ...goRules,
  ...cargoRules,
  ...rubyRules,
];

/** The rules without those switched off. @throws HoldfastError RULE_UNKNOWN (exit 2) */
export function rulesWithout(ids: readonly string[]): readonly Rule[] {
  const unknown = ids.find(id => rules.every(rule => rule.id !== id));
  if (unknown === undefined) return rules.filter(({ id }) => !ids.includes(id));
  throw usageError('RULE_UNKNOWN', `There is no normalisation rule "${unknown}"`, {
    next: `Name one of: ${rules.map(({ id }) => id).join(', ')}.`,
  });
}

const largestRead = 16 * 1024 * 1024;

/** Applies the rules to all that is in the tree. */
export function applyRules(
  tree: LayerTree,
  active: readonly Rule[],
  sourceDate: number,
  whiteout: (at: Buffer) => void,
): RuleHit[] {
  const hits: RuleHit[] = [];
  const context: RuleContext = {
    sourceDate,
    timeOf: path => {
      const node = tree.get(path);
      return node === undefined ? tree.lowerFacts(path)?.mtime : clampedTime(node.facts.mtime, sourceDate);
    },
  };
  for (const { path } of tree.nodes()) {
    for (const rule of active) {
      const node = tree.get(path);
      // An earlier rule may have taken it, or a directory above it.
      if (node === undefined || node.facts.type === 'whiteout' || !rule.paths.test(path)) continue;
      const outcome = rule.apply(ruleFile(tree, node), context);
      if (outcome.kind === 'same') continue;
      if (outcome.kind === 'gone') tree.hide(path, whiteout);
      else tree.edit(node, outcome.content);
      hits.push({ rule: rule.id, path: shown(path) });
    }
  }
  return hits;
}

function ruleFile(tree: LayerTree, { path, facts, below }: LayerNode): RuleFile {
  return {
    path,
    type: facts.type,
    size: facts.size,
    read: () => readStart(tree.at(path), largestRead),
    readBelow: () => (below?.type === 'file' ? readStart(tree.lowerAt(path), largestRead) : undefined),
    newNames: inner => {
      const node = tree.get(inner === undefined ? path : joined(path, inner));
      const isNew = node?.facts.type === 'directory' && node.below === undefined;
      return isNew ? tree.names(node.path) : undefined;
    },
  };
}
