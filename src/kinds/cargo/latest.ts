import {
  lookUpAmong,
  lookUpEach,
  readIndex,
  type LatestContext,
  type Listed,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import { cargoRequirements, semverOrder } from '../semver-range.ts';
import { directoryOf, indexEntries, indexPlace, jsonMembers, type IndexEntry } from './sparse-index.ts';

export const cargoVersions = semverOrder(cargoRequirements);

/** By each crate's file in the sparse index. */
export async function latestCrates(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  const places = new Map(
    context.indexes.flatMap(url => {
      const place = indexPlace(url);
      return place === undefined ? [] : [[place.name, url] as const];
    }),
  );
  return lookUpEach(
    inputs,
    context,
    input => places.get(input.name.toLowerCase()) ?? publicPlace(input),
    url => readIndex(url, context, body => indexEntries(body, url.slice(url.lastIndexOf('/') + 1))),
    (input, entries) => lookUpAmong(entries.map(listed), input, cargoVersions),
  );
}

/** Crates of the public registry lie on a host of their own. */
function publicPlace({ name, url = '' }: LockedInput): string | undefined {
  const lower = name.toLowerCase();
  return /(?:^|\.)crates\.io$/.test(URL.parse(url)?.hostname ?? '')
    ? `https://index.crates.io/${directoryOf(lower)}/${lower}`
    : undefined;
}

function listed({ version, published, line }: IndexEntry): Listed {
  return {
    version,
    yanked: jsonMembers(line)['yanked'] === true ? 'its publisher took it back' : undefined,
    since: published && { at: published.toISOString(), clock: 'index' },
  };
}
