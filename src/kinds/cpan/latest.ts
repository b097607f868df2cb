import { gunzipSync } from 'node:zlib';
import {
  lookUpEach,
  readIndex,
  lookUpOf,
  type LatestContext,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import { distributionNamed } from './distribution.ts';

const largestIndex = 256 * 1024 * 1024;

/** By the index of all modules: it names the one distribution that clients take for each. */
export async function latestDistributions(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  return lookUpEach(
    inputs,
    context,
    ({ url = '' }) => /^(.+)\/authors\/id\//.exec(url)?.[1],
    mirror => readIndex(`${mirror}/modules/02packages.details.txt.gz`, context, distributionsIn),
    ({ name }, versions) => {
      const version = versions.get(name);
      return version === undefined
        ? { state: 'gone', why: 'the index does not list it any more' }
        : lookUpOf(version);
    },
  );
}

function distributionsIn(body: Buffer): Map<string, string> | undefined {
  try {
    const text = gunzipSync(body, { maxOutputLength: largestIndex }).toString();
    const files = text.matchAll(/^\S+\s+\S+\s+\S*?([^/\s]+)\.(?:tar\.gz|tgz|zip|tar\.bz2)$/gm);
    return new Map(
      [...files].flatMap(([, stem = '']) => {
        const found = distributionNamed(stem);
        return found === undefined ? [] : [[found.name, found.version] as const];
      }),
    );
  } catch {
    return undefined;
  }
}
