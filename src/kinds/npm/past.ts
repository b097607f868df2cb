import { upstreamError } from '../../core/index.ts';
import type { JsonObject, Packument } from './packument.ts';
import { compareVersions, isPrerelease, isVersion } from '../semver.ts';

/** What a registry had on a date. */
export type Past =
  | { readonly found: 'versions'; readonly document: JsonObject; readonly tags: ReadonlyMap<string, string> }
  /** There was no such package. */
  | { readonly found: 'nothing' }
  /** The registry tells no times. */
  | { readonly found: 'no-times' };

/** Members that a registry lifts from the newest version: package-metadata.md, "Full metadata format". */
const hoisted = new Set([
  'author',
  'bugs',
  'contributors',
  'description',
  'homepage',
  'keywords',
  'license',
  'maintainers',
  'repository',
]);

/** Members that say something of the present only, and of which no registry tells the past. */
const present = new Set(['_rev', 'readme', 'readmeFilename', 'users']);

/**
 * A packument as it was: without the versions that were published later, and those whose time is not told. Messages
 * of deprecation have no time and stay.
 * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE where it had versions that were unpublished since
 */
export function packumentAt(packument: Packument, asOf: Date): Past {
  const { document, name, versions, tags, times } = packument;
  if (times === undefined) return { found: 'no-times' };
  const then = new Set(
    [...times].filter(([, time]) => Date.parse(time) <= asOf.getTime()).map(([key]) => key),
  );
  const kept = [...versions].filter(([version]) => then.has(version));
  if (kept.length === 0) return withoutVersions(packument, times, then, asOf);
  const changed = kept.length < versions.size || Date.parse(times.get('modified') ?? '') > asOf.getTime();
  if (!changed) return { found: 'versions', document, tags };
  const pastTags = tagsAt(tags, new Set(kept.map(([version]) => version)));
  const pastTimes = timesAt(times, then);
  const newest = versions.get(pastTags.get('latest') ?? '') ?? {};
  const members = Object.entries(document).flatMap(([member, value]): [string, unknown][] => {
    if (present.has(member)) return [];
    if (hoisted.has(member)) return newest[member] === undefined ? [] : [[member, newest[member]]];
    return [[member, value]];
  });
  const past = {
    ...Object.fromEntries(members),
    name,
    'dist-tags': Object.fromEntries(pastTags),
    versions: Object.fromEntries(kept),
    time: pastTimes,
  };
  return { found: 'versions', document: past, tags: pastTags };
}

/** Nothing is left: it was not there yet, or no longer, or what there was is gone by now. */
function withoutVersions(
  { name, versions, unpublished }: Packument,
  times: ReadonlyMap<string, string>,
  then: ReadonlySet<string>,
  asOf: Date,
): Past {
  if (versions.size > 0 && ![...versions.keys()].some(version => times.has(version)))
    return { found: 'no-times' };
  const goneThen = unpublished !== undefined && Date.parse(unpublished) <= asOf.getTime();
  if (goneThen || ![...then].some(isVersion)) return { found: 'nothing' };
  throw upstreamError(
    'AS_OF_UNAVAILABLE',
    `npm package ${name}: all versions of ${asOf.toISOString()} were unpublished since`,
    { next: `Use another package, or move the lock forward with \`holdfast update\`.` },
  );
}

function timesAt(times: ReadonlyMap<string, string>, then: ReadonlySet<string>): Record<string, string> {
  const kept = [...times].filter(([key]) => then.has(key));
  const modified = kept
    .filter(([key]) => key !== 'modified')
    .map(([, time]) => time)
    .reduce((latest, time) => (Date.parse(time) > Date.parse(latest) ? time : latest));
  return Object.fromEntries([...kept, ['modified', modified]]);
}

/**
 * No registry tells what its tags named in the past. A tag that names a version that there was is taken to have
 * named it; another is dropped, but `latest`, which every package has.
 */
function tagsAt(tags: ReadonlyMap<string, string>, versions: ReadonlySet<string>): Map<string, string> {
  const kept = new Map([...tags].filter(([, version]) => versions.has(version)));
  const latest = tags.get('latest');
  if (latest !== undefined && !kept.has('latest')) kept.set('latest', latestOf([...versions], latest));
  return kept;
}

/**
 * What `npm install --before` takes for `latest` where the version that has the tag now is too new: the highest that
 * is not above it and no prerelease. By the order of publication it would often be a fix for an old major version.
 */
function latestOf(versions: readonly string[], latestNow: string): string {
  const rank = (version: string) =>
    Number(!isPrerelease(version)) * 2 + Number(compareVersions(version, latestNow) <= 0);
  return versions.reduce((best, version) => {
    const difference = rank(version) - rank(best) || compareVersions(version, best);
    return difference > 0 ? version : best;
  });
}
