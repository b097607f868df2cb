import { stepError } from '../../core/index.ts';
import { bytesOf, joined, parentOf, shown, type ByteString } from '../filesystem/byte-string.ts';
import { readStart } from '../filesystem/content.ts';
import type { LayerNode, LayerTree } from '../diff/layer-tree.ts';
import type { ContentSearch } from './content-search.ts';
import { findBytes } from './find-bytes.ts';
import type { InjectedPaths } from './injected.ts';
import type { RuleHit } from './rules.ts';

/** The certificate authority that a build makes for itself, which must not be in any layer. */
export interface BuildTrust {
  /** The certificate, as it was added to bundles. */
  readonly pem: string;
  /** Bytes that tell the certificate in any encoding: its DER, its key, its names. */
  readonly markers: readonly Buffer[];
}

const certificateRule = 'build-certificate';
/** Bundles are about 200 KB. */
const largestBundle = 64 * 1024 * 1024;

/**
 * Takes the build's certificate out again: its PEM block out of bundles, files that hold nothing else, and symbolic
 * links that lead to it (update-ca-certificates and c_rehash make some). `refuseMarkers` then looks for the rest.
 * @throws HoldfastError CA_RESIDUE (exit 6) for a bundle too large to change
 */
export function scrubCertificate(
  tree: LayerTree,
  trust: BuildTrust,
  contents: ContentSearch,
  injected: InjectedPaths,
): RuleHit[] {
  const pem = pemBlock(trust);
  const gone = new Set(injected.missingBelow(tree));
  const hits: ByteString[] = [];
  for (const node of tree.nodes()) {
    if (node.facts.type !== 'file' || !contents.found(node).some(pattern => pattern.equals(pem))) continue;
    if (node.facts.size > largestBundle) throw certificateResidue(node, 'its content');
    hits.push(node.path);
    const rest = without(readStart(tree.at(node.path), largestBundle), pem);
    if (rest.toString('latin1').trim() === '') {
      tree.drop(node.path);
      if (node.below === undefined) gone.add(node.path);
    } else {
      tree.edit(node, rest);
    }
  }
  hits.push(...dropLinksTo(tree, gone));
  return hits.map(path => ({ rule: certificateRule, path: shown(path) }));
}

export const pemBlock = (trust: BuildTrust): Buffer => Buffer.from(trust.pem.trim());

/** Removes every occurrence with the line end that belongs to it. */
function without(content: Buffer, block: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = content.indexOf(block); at !== -1; at = content.indexOf(block, from)) {
    pieces.push(content.subarray(from, at));
    from = at + block.length;
    if (content[from] === 0x0d && content[from + 1] === 0x0a) from += 2;
    else if (content[from] === 0x0a) from += 1;
  }
  return Buffer.concat([...pieces, content.subarray(from)]);
}

/** Links may lead to links: goes on until none is left. */
function dropLinksTo(tree: LayerTree, gone: Set<ByteString>): ByteString[] {
  const dropped: ByteString[] = [];
  for (let before = -1; before !== dropped.length; ) {
    before = dropped.length;
    for (const { path, facts, below } of tree.nodes()) {
      if (facts.type !== 'symlink' || !gone.has(resolved(path, facts.target))) continue;
      tree.drop(path);
      if (below === undefined) gone.add(path);
      dropped.push(path);
    }
  }
  return dropped;
}

/** Where a link leads by its text alone. */
function resolved(path: ByteString, target: Buffer): ByteString {
  const text = target.toString('latin1');
  const names: string[] = [];
  for (const name of (text.startsWith('/') ? text : joined(parentOf(path), text)).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}

/**
 * Looks for markers in contents, names, link targets and extended attributes of all that is in the layer.
 * @throws what `refusal` makes of the first one found
 */
export function refuseMarkers(
  tree: LayerTree,
  markers: readonly Buffer[],
  contents: ContentSearch,
  refusal: (node: LayerNode, place: string) => Error,
): void {
  if (markers.length === 0) return;
  const holds = (bytes: Buffer) => findBytes([bytes], markers).length > 0;
  for (const node of tree.nodes()) {
    const { path, facts, xattrs } = node;
    if (holds(bytesOf(path))) throw refusal(node, 'its name');
    if (facts.type === 'symlink' && holds(facts.target)) throw refusal(node, 'its target');
    for (const [name, value] of xattrs) if (holds(value)) throw refusal(node, `its attribute ${name}`);
    if (
      facts.type === 'file' &&
      contents.found(node).some(one => markers.some(marker => marker.equals(one)))
    ) {
      throw refusal(node, 'its content');
    }
  }
}

/** The refusal for markers of the certificate. */
export function certificateResidue({ path }: LayerNode, place: string): Error {
  return stepError('CA_RESIDUE', `/${shown(path)} holds the certificate of this build (${place})`, {
    next: 'Have the step remove what it derived from the trusted certificates, or make it from the system bundle.',
  });
}

/** What must not leave the build for other reasons, such as secrets. */
export function forbiddenContent({ path }: LayerNode, place: string): Error {
  return stepError('LAYER_FORBIDDEN', `/${shown(path)} holds bytes that must not be in an image (${place})`, {
    next: 'Have the step remove the file, or not write the secret to it.',
  });
}
