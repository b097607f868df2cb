import { createHash } from 'node:crypto';
import { integrityError } from '../../core/index.ts';
import {
  archiveName,
  failureOf,
  lookUpOf,
  readIndex,
  type FailedLookUp,
  type LatestContext,
  type LockedArchive,
  type LockedInput,
  type LookUp,
} from '../latest.ts';
import { newestOf } from '../version-order.ts';
import { isPrimary, listedPackages } from './primary.ts';
import { parseRepomd, type Repomd } from './repomd.ts';
import { compareVersions } from './version.ts';

interface Repository {
  readonly repomd: Repomd;
  /** By name and architecture. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

/**
 * Packages over all repositories of the lock; and the repositories, called `URL SUITE`. What a repository lists is held
 * against its repomd.xml; few repositories sign that, and clients go by the packages' own signatures.
 */
export async function latestPackages(
  inputs: readonly LockedInput[],
  context: LatestContext,
): Promise<LookUp[]> {
  const opened = await Promise.all(
    context.archives.map(async archive => ({
      archive,
      repository: await context.once(`rpm ${archiveName(archive)}`, () =>
        openRepository(archive, context).catch(failureOf),
      ),
    })),
  );
  const failed = opened.flatMap(({ repository }) => ('why' in repository ? [repository] : []))[0];
  const repositories = opened.flatMap(({ repository }) => ('versions' in repository ? [repository] : []));
  return inputs.map(input => {
    const own = opened.find(({ archive }) => archiveName(archive) === input.name)?.repository;
    if (own !== undefined) return 'why' in own ? own : lookUpOf(own.repomd.date ?? input.version);
    if (failed !== undefined) return failed;
    const { name, version, architecture = '' } = input;
    const found = repositories.flatMap(({ versions }) => versions.get(`${name} ${architecture}`) ?? []);
    const newest = newestOf(found, { compare: compareVersions });
    if (newest === undefined) return { state: 'gone', why: 'no repository of the lock has it any more' };
    return lookUpOf(compareVersions(newest, version) > 0 ? newest : version);
  });
}

async function openRepository(
  { url, suite }: LockedArchive,
  context: LatestContext,
): Promise<Repository | FailedLookUp> {
  const directory = `${url}${suite === '-' ? '' : `${suite}/`}`;
  const repomd = await readIndex(`${directory}repodata/repomd.xml`, context, body =>
    parseRepomd(body.toString()),
  );
  if ('why' in repomd) return repomd;
  const primary = repomd.files.find(path => isPrimary(path.slice(path.lastIndexOf('/') + 1)));
  if (primary === undefined)
    return { state: 'unknown', why: `${directory} lists no packages in a form that is read here` };
  const bytes = await readIndex(directory + primary, context, body => body);
  if ('why' in bytes) return bytes;
  if (!isNamed(bytes, repomd))
    throw integrityError('RPM_DIGEST_MISMATCH', `${directory}${primary} is not what repomd.xml names`, {
      next: 'The mirror is being updated or is damaged: try again, or use another one.',
    });
  const versions = new Map<string, string[]>();
  for await (const { name, version, architecture } of listedPackages(bytes, primary)) {
    const key = `${name} ${architecture}`;
    versions.set(key, [...(versions.get(key) ?? []), version]);
  }
  return { repomd, versions };
}

function isNamed(bytes: Buffer, { checksums }: Repomd): boolean {
  const algorithms = new Set(checksums.map(checksum => checksum.slice(0, checksum.indexOf(':'))));
  return [...algorithms].some(algorithm =>
    checksums.includes(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`),
  );
}
