import {
  buildFromLock,
  buildPlatforms,
  lockProject,
  type BuildRuntime,
  type CacheUse,
  type LockedBuild,
  type LockState,
  type PlatformBuilds,
  type Project,
} from '../build/index.ts';
import { portsNamed, projectsFrom, runBuild, type ProjectOptions } from './common.ts';
import { cachesFrom, openCaches, writeCaches, type CacheOptions } from './cache-options.ts';
import { isContinuousIntegration } from './environment.ts';
import { lockDate } from './lock-date.ts';
import { outputsFrom, writeFacts, writeOutputs, type OutputOptions, type Outputs } from './outputs.ts';
import type { StepOptions } from './step-options.ts';

export interface BuildOptions extends ProjectOptions, StepOptions, OutputOptions, CacheOptions {
  /** Whether a stale lock is an error; `if-there`: where there is a lock at all. */
  readonly locked?: boolean | 'if-there';
  readonly cache: boolean;
  /** What `--no-cache-filter` gave: commander takes its name for a negation, and leaves `true` where it was not given. */
  readonly cacheFilter?: readonly string[] | boolean;
}

/** Builds from the lock, and writes the image to where the options say. */
export async function buildImage(
  directory: string,
  options: BuildOptions,
): Promise<PlatformBuilds<LockedBuild> & { readonly outputs: Outputs }> {
  const projects = await projectsFrom(directory, options);
  const outputs = outputsFrom(options);
  const caches = cachesFrom(options);
  const { image, builds } = await runBuild(
    options,
    async runtime => {
      await openCaches(caches, runtime);
      const built = await buildPlatforms(projects, runtime, (project, state) =>
        buildOrExtend(project, state, runtime, options),
      );
      const image = await writeOutputs(built, projects[0], outputs, runtime);
      await writeCaches(caches, built.builds, runtime);
      return { ...built, image };
    },
    portsNamed(projects[0]),
  );
  writeFacts(image, outputs, builds, options);
  return { image, builds, outputs };
}

/** A lock that is there is enforced; a stale one is extended only where nobody asked for it to be left alone. */
export async function buildOrExtend(
  project: Project,
  state: LockState,
  runtime: BuildRuntime,
  options: BuildOptions,
): Promise<LockedBuild> {
  const { locked = isContinuousIntegration(process.env) } = options;
  const enforced = locked === 'if-there' ? state.lock !== undefined : locked;
  if (state.stale === undefined || enforced) return buildFromLock(project, state, runtime, cacheUse(options));
  runtime.note(`${state.stale.message}: recording what is new`);
  const extended = await lockProject(project, state, runtime, {
    asOf: lockDate(process.env, new Date()),
    useCache: cacheUse(options),
  });
  if (extended.changed) runtime.note('wrote holdfast.lock; commit it');
  return extended;
}

function cacheUse({ cache, cacheFilter = true }: Pick<BuildOptions, 'cache' | 'cacheFilter'>): CacheUse {
  if (!cache || typeof cacheFilter === 'boolean') return cache;
  return { exceptStages: cacheFilter.flatMap(text => text.split(',')) };
}
