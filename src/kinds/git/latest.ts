import {
  lookUpEach,
  lookUpOf,
  readIndex,
  type LatestContext,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import { refsOfInfo, type AdvertisedRef } from './advertisement.ts';

/** The commit that each locked ref names now. A commit that was asked for by its own name does not move. */
export async function latestCommits(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  return lookUpEach(
    inputs,
    context,
    ({ name }) => `${name.replace(/\/+$/, '')}/info/refs?service=git-upload-pack`,
    url => readIndex(url, context, refsOfInfo),
    ({ ref, version }, refs) => {
      if (ref === undefined || /^[0-9a-f]{40,64}$/.test(ref)) return lookUpOf(version);
      const found = refNamed(ref, refs);
      return found === undefined
        ? { state: 'gone', why: `there is no ref ${ref} any more` }
        : lookUpOf(found.commit);
    },
  );
}

/** As git looks a short name up: tags before branches. */
function refNamed(ref: string, refs: readonly AdvertisedRef[]): AdvertisedRef | undefined {
  const names = [ref, `refs/${ref}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
  return names.map(name => refs.find(one => one.name === name)).find(one => one !== undefined);
}
