import type { AdvertisedRef } from './advertisement.ts';
import type { PackedCommit } from './pack.ts';

export interface WantedCommit {
  readonly commit: string;
  readonly ref?: string | undefined;
}

/**
 * Which commit a pack was most likely fetched for. The recording does not hold what the client asked for, so it is
 * worked out from what there is: the commits that the pack holds, and the refs that the repository advertised.
 *
 * - A pack with every branch in it is that of a plain clone: `HEAD`'s commit.
 * - Else a tip (a commit that no other in the pack has as its parent), by preference `HEAD`'s, then one that a ref
 *   names: a shallow clone, one of a single branch or tag.
 * - Else a tip that no ref names: a fetch by commit.
 */
export function wantedCommit(
  commits: readonly PackedCommit[],
  refs: readonly AdvertisedRef[],
): WantedCommit | undefined {
  const held = new Set(commits.map(({ oid }) => oid));
  const older = new Set(commits.flatMap(({ parents }) => parents));
  const tips = commits.map(({ oid }) => oid).filter(oid => !older.has(oid));
  const branches = refs.filter(({ name }) => name.startsWith('refs/heads/'));
  const plainClone = branches.length > 0 && branches.every(({ commit }) => held.has(commit));
  const head = refs.find(({ name, commit }) => name === 'HEAD' && held.has(commit));
  if (head !== undefined && (plainClone || tips.includes(head.commit))) return named(head.commit, refs);
  const advertised = new Set(refs.map(({ commit }) => commit));
  const tip = tips.find(oid => advertised.has(oid)) ?? tips[0];
  return tip === undefined ? undefined : named(tip, refs);
}

/** The advertisement's word alone, for a pack that is too large to be read. */
export function advertisedCommit(refs: readonly AdvertisedRef[]): WantedCommit | undefined {
  const head = refs.find(({ name }) => name === 'HEAD');
  const all = new Set(refs.map(({ commit }) => commit));
  const [only] = all.size === 1 ? all : [];
  const commit = head?.commit ?? only;
  return commit === undefined ? undefined : named(commit, refs);
}

/** Of several names: the branch that `HEAD` stands for, then a tag, being what people pin, then a branch. */
function named(commit: string, refs: readonly AdvertisedRef[]): WantedCommit {
  const names = refs.filter(ref => ref.commit === commit);
  const beginning = (prefix: string) => names.find(({ name }) => name.startsWith(prefix))?.name;
  const ref =
    names.find(({ name, target }) => name === 'HEAD' && target !== undefined)?.target ??
    beginning('refs/tags/') ??
    beginning('refs/heads/') ??
    names[0]?.name;
  return { commit, ref };
}
