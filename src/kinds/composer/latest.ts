import { jsonObject } from '../../core/index.ts';
import {
  lookUpAmong,
  lookUpEach,
  readIndex,
  type LatestContext,
  type Listed,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import { isCaretCompatible } from '../semver-range.ts';
import type { VersionOrder } from '../version-order.ts';
import { metadataUrl } from './metadata-url.ts';
import { compareVersions, isPrerelease } from './version.ts';
import { versionsOf } from './versions.ts';

export const composerVersions: VersionOrder = {
  compare: compareVersions,
  isPrerelease,
  isCompatible: (from, to) => isCaretCompatible(plain(from), plain(to)),
};

const plain = (version: string) => version.replace(/^v(?=\d)/, '');

/** By each package's document of protocol 2. A version's time is that of its commit, and is no age. */
export async function latestPackages(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  const places = new Map(
    context.indexes.flatMap(url => {
      const place = metadataUrl(url);
      return place?.of === 'package' && !url.includes('~dev')
        ? [[place.name.toLowerCase(), url] as const]
        : [];
    }),
  );
  return lookUpEach(
    inputs,
    context,
    ({ name }) => places.get(name.toLowerCase()),
    url => readIndex(url, context, body => listedIn(body, url)),
    (input, listed) => lookUpAmong(listed, input, composerVersions),
  );
}

function listedIn(body: Buffer, url: string): Listed[] | undefined {
  const place = metadataUrl(url);
  const document = jsonObject(body);
  const versions = place?.of === 'package' && document ? versionsOf(document, place.name) : undefined;
  return versions?.flatMap(({ version, abandoned }) => {
    if (typeof version !== 'string') return [];
    const left = abandoned === true || typeof abandoned === 'string';
    const instead = typeof abandoned === 'string' && abandoned !== '' ? `; use ${abandoned}` : '';
    return [{ version, deprecated: left ? `abandoned${instead}` : undefined }];
  });
}
