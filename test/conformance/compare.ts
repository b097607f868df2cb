import type { Case, ImageFacts, Outcome } from './case.ts';
import type { Golden } from './golden.ts';

/** What our build of a case must give. @throws Error where nothing says what */
export function expected(one: Case, golden: Golden | undefined): Outcome {
  const { ours, expect, code } = one;
  if (ours?.fails === true) return { fails: code ?? 'a code' };
  const outcome: Outcome | undefined = expect === undefined ? golden : { tree: {}, config: {}, ...expect };
  if (outcome === undefined) throw new Error(`no golden: run scripts/conformance-goldens`);
  if ('fails' in outcome)
    return ours?.tree === undefined ? { fails: code ?? 'a code' } : factsOf(one, undefined);
  return factsOf(one, outcome);
}

function factsOf({ ours }: Case, facts: ImageFacts = { tree: {}, config: {} }): ImageFacts {
  const { tree, config, history } = facts;
  return {
    tree: changed(tree, ours?.tree),
    config: changed(config, ours?.config),
    ...(history && { history: ours?.history ?? history }),
  };
}

function changed<Value>(
  facts: Readonly<Record<string, Value>>,
  changes: Readonly<Record<string, Value | undefined>> = {},
): Record<string, Value> {
  const all = { ...facts, ...changes };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}
