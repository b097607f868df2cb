import {
  archiveName,
  lookUpOf,
  readIndex,
  failureOf,
  type LatestContext,
  type LockedArchive,
  type LockedInput,
  type LookUp,
  type FailedLookUp,
} from '../latest.ts';
import { newestOf } from '../version-order.ts';
import { readPackageIndex, type PackageIndex } from './package-index.ts';
import { verifyIndex } from './signature.ts';
import { compareVersions } from './version.ts';

/** Packages over all repositories of the lock, whose indexes must be signed; and the repositories, called `URL SUITE`. */
export async function latestPackages(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  const { archives, once } = context;
  const opened = await Promise.all(
    archives.map(async archive => ({ archive, index: await openIndex(archive, context).catch(failureOf) })),
  );
  const failed = opened.flatMap(({ index }) => ('why' in index ? [index] : []))[0];
  const indexes = opened.flatMap(({ index }) => ('packages' in index ? [index] : []));
  const key = archives.map(archiveName).toSorted().join(' ');
  const versions = await once(`apk ${key}`, () => Promise.resolve(versionsIn(indexes)));
  return inputs.map(input => {
    const own = opened.find(({ archive }) => archiveName(archive) === input.name)?.index;
    if (own !== undefined) return 'why' in own ? own : lookUpOf(own.date ?? input.version);
    // Of several repositories the newest version counts: with one of them unread nobody knows it.
    if (failed !== undefined) return failed;
    const newest = newestOf(versions.get(input.name) ?? [], { compare: compareVersions });
    if (newest === undefined) return { state: 'gone', why: 'no repository of the lock has it any more' };
    return lookUpOf(compareVersions(newest, input.version) > 0 ? newest : input.version);
  });
}

async function openIndex(
  archive: LockedArchive,
  context: LatestContext,
): Promise<PackageIndex | FailedLookUp> {
  const { url, suite } = archive;
  const directory = `${url}${suite === '-' ? '' : `${suite}/`}`;
  const asked = context.indexes.find(one => one.startsWith(directory) && one.endsWith('.adb'));
  if (asked !== undefined)
    return { state: 'unknown', why: `${asked} is of apk 3, whose signatures are not verified here` };
  const place = `${directory}APKINDEX.tar.gz`;
  const bytes = await readIndex(place, context, body => body);
  if ('why' in bytes) return bytes;
  await verifyIndex(bytes, context.trust ?? '/', place);
  const index = await context.once(`apk ${place}`, () => readPackageIndex(bytes));
  return index ?? { state: 'unknown', why: `${place} is no index that can be read` };
}

function versionsIn(indexes: readonly PackageIndex[]): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const { packages } of indexes)
    for (const { name, version } of packages.values()) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [version]);
      else known.push(version);
    }
  return byName;
}
