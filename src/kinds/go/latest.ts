import {
  lookUpAmong,
  lookUpEach,
  readIndex,
  type LatestContext,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import type { VersionOrder } from '../version-order.ts';
import { versionInfo } from './timeline.ts';
import { compareVersions, isPrerelease } from './version.ts';

export const goVersions: VersionOrder = { compare: compareVersions, isPrerelease };

/** By the proxy's `@latest`. Its time is that of the commit, which is whatever the author wrote: it is no age. */
export async function latestModules(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  return lookUpEach(
    inputs,
    context,
    ({ url = '' }) => moduleUrl(url),
    place => readIndex(`${place}/@latest`, context, versionInfo),
    (input, { version }) =>
      lookUpAmong([{ version }, { version: input.version }], input, goVersions, version),
  );
}

function moduleUrl(zip: string): string | undefined {
  return /^(.+)\/(?:@|%40)v\/[^/]+\.zip$/i.exec(zip)?.[1];
}
