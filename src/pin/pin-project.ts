import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import {
  configurationName,
  readConfiguration,
  readLockState,
  recordedInputs,
  type BuildRuntime,
  type Project,
} from '../build/index.ts';
import type { HoldfastError } from '../core/index.ts';
import { parseReference, withDefaultTag } from '../registry/index.ts';
import type { PinContext, PinRequest } from './result.ts';
import { storeImages } from './store-images.ts';

/** What a project's lock knows of its Dockerfile. */
export interface LockedProject {
  readonly request: Omit<PinRequest, 'text' | 'pins' | 'vendored'>;
  /** Why steps of the Dockerfile may have nothing in the lock; nothing where it is up to date. */
  readonly stale?: HoldfastError | undefined;
}

/**
 * Reads the lock of a project, all builds of the same Dockerfile, and what its configuration says of archives. A lock
 * that is stale serves for what has not changed since.
 * @throws HoldfastError what readLockState throws; LOCK_MISSING and LOCK_STALE (exit 3) where there is no build at all
 */
export async function lockedProject(project: Project, runtime: BuildRuntime): Promise<LockedProject> {
  const { lock, stale } = await readLockState(project, runtime);
  const builds = lock?.builds.filter(({ dockerfile }) => dockerfile === project.dockerfileName) ?? [];
  if (lock === undefined || builds.length === 0)
    throw stale ?? new TypeError('a lock that is not stale has a build');
  const { recordings } = await recordedInputs(builds, runtime);
  const { snapshots } = await readConfiguration(join(project.home, configurationName));
  return {
    stale,
    request: {
      file: project.dockerfileName,
      lock,
      recordings,
      snapshots,
      storeImages: await storeImages(runtime.store),
      context: contextOf(project),
      readBytes: digest => runtime.places.readBytes(digest),
    },
  };
}

/** What a registry has by that name now. */
export function frontendDigest({ registry }: BuildRuntime): NonNullable<PinRequest['frontendDigest']> {
  return async reference => {
    const client = await registry();
    return (await client.manifest(withDefaultTag(parseReference(reference)))).descriptor.digest;
  };
}

/** Longer files are no lists of packages that somebody wrote. */
const longestFile = 16 * 1024 * 1024;

/** What a project's Dockerfile can copy. */
export function contextOf({ context, dockerfileName, ignore }: Project): PinContext {
  const name = basename(dockerfileName);
  const directory = dirname(dockerfileName).replaceAll('\\', '/');
  return {
    directory: directory === '.' || directory.startsWith('..') ? '' : directory,
    prefix: name === 'Dockerfile' || name === 'Containerfile' ? '' : `${name}.`,
    isIgnored: path => ignore.matches(path),
    read: path => {
      // No path leads out of the context: Docker takes `..` at its root for the root.
      const whole = join(context, posix.resolve('/', path));
      const stat = statSync(whole, { throwIfNoEntry: false });
      return stat?.isFile() === true && stat.size <= longestFile ? readFileSync(whole) : undefined;
    },
  };
}
