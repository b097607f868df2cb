import { joined, nameOf, parentOf } from '../filesystem/byte-string.ts';
import { gone, same } from './outcomes.ts';
import type { Rule, RuleContext, RuleFile, RuleOutcome } from './rules.ts';

export const cargoRules: readonly Rule[] = [
  {
    id: 'cargo-caches',
    what: "Cargo's notes on the compiler and the compiler's incremental state are removed from target directories",
    why: 'they hold times, random names and random orders; what was built stays, and Cargo takes it for fresh',
    paths: /(?:^|\/)(?:\.rustc_info\.json|incremental)$/,
    apply: incrementalState,
  },
  {
    id: 'cargo-last-use',
    what: "Cargo's record of when each download was last used is removed",
    why: 'it is a database of times, by which old downloads are thrown away; Cargo makes it again',
    paths: /^(?:usr\/local\/cargo|(?:.+\/)?\.cargo)\/\.global-cache$/,
    apply: () => gone,
  },
];

/** A profile's directory, such as `target/debug`, has the fingerprints of what was built beside `incremental`. */
function incrementalState({ path, type }: RuleFile, context: RuleContext): RuleOutcome {
  if (nameOf(path) !== 'incremental') return gone;
  const fingerprints = context.timeOf(joined(parentOf(path), '.fingerprint'));
  return type === 'directory' && fingerprints !== undefined ? gone : same;
}
