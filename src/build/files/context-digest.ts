import { sha256 } from '../../core/index.ts';

/** One digest of all that the steps took from the context, by step. */
export const contextDigest = (parts: ReadonlyMap<string, string>) =>
  sha256(
    [...parts]
      .map(([step, digest]) => `${step} ${digest}\n`)
      .toSorted()
      .join(''),
  );
