import {
  lookUpAmong,
  lookUpEach,
  readIndex,
  type LatestContext,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import type { VersionOrder } from '../version-order.ts';
import { infoEntries, infoPlace } from './compact-index.ts';
import { compareVersions, fitsRequirement, isPrerelease } from './version.ts';

export const gemVersions: VersionOrder = { compare: compareVersions, isPrerelease, fits: fitsRequirement };

/** By each gem's file in the compact index; what was yanked is not in it. */
export async function latestGems(inputs: readonly LockedInput[], context: LatestContext): Promise<LookUp[]> {
  const places = new Map(
    context.indexes.flatMap(url => {
      const place = infoPlace(url);
      return place === undefined ? [] : [[place.name, url] as const];
    }),
  );
  return lookUpEach(
    inputs,
    context,
    ({ name, url = '' }) => places.get(name) ?? infoBeside(name, url),
    url => readIndex(url, context, body => infoEntries(body, infoPlace(url)?.name ?? '')),
    (input, entries) =>
      lookUpAmong(
        entries.map(({ gem, created }) => ({
          version: gem.version,
          since: created && { at: created.toISOString(), clock: 'index' },
        })),
        input,
        gemVersions,
      ),
  );
}

/** Gem servers keep gems in `gems/` and what there is of each in `info/`. */
function infoBeside(name: string, url: string): string | undefined {
  const server = /^(.+)\/gems\/[^/]+\.gem$/.exec(url)?.[1];
  return server === undefined ? undefined : `${server}/info/${name}`;
}
