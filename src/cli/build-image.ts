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
import { usageError } from '../core/index.ts';
import { projectsFrom, type ProjectOptions } from './common.ts';
import { cachesFrom, openCaches, writeCaches, type CacheOptions } from './cache-options.ts';
import { isContinuousIntegration } from './environment.ts';
import { lockDate } from './lock-date.ts';
import { outputsFrom, writeFacts, writeOutputs, type OutputOptions, type Outputs } from './outputs.ts';
import type { StepOptions } from './step-options.ts';
import { eachWork, runWorks, type ServiceWork, type Works } from './works.ts';

export interface BuildOptions extends ProjectOptions, StepOptions, OutputOptions, CacheOptions {
  /** Whether a stale lock is an error; `if-there`: where there is a lock at all. */
  readonly locked?: boolean | 'if-there';
  readonly cache: boolean;
  /** What `--no-cache-filter` gave: commander takes its name for a negation, and leaves `true` where it was not given. */
  readonly cacheFilter?: readonly string[] | boolean;
}

/** An image of those that were built. */
export interface BuiltWork extends PlatformBuilds<LockedBuild> {
  readonly service?: string | undefined;
  readonly outputs: Outputs;
}

/** Builds from the lock, and writes the image to where the options say. */
export async function buildImage(directory: string, options: BuildOptions): Promise<BuiltWork> {
  const [built] = await buildImages(
    { works: [{ projects: await projectsFrom(directory, options) }], options, notes: [] },
    options,
  );
  return built;
}

/** The same for each image of several. @throws HoldfastError COMPOSE_OPTION (exit 2) */
export async function buildImages(
  all: Works<BuildOptions>,
  given: BuildOptions,
): Promise<[BuiltWork, ...BuiltWork[]]> {
  const { works, options } = all;
  const outputs = works.map(({ service }) => outputsOf(service, given));
  const caches = cachesFrom(options);
  const built = await runWorks(all, async runtime => {
    await openCaches(caches, runtime);
    const done: BuiltWork[] = [];
    await eachWork(all, runtime, async ({ projects, service }) => {
      const use = { ...options, ...cacheOptions(service) };
      const images = await buildPlatforms(projects, runtime, (project, state) =>
        buildOrExtend(project, state, runtime, use),
      );
      const own = outputs[done.length] as Outputs;
      const image = service?.isImage ? images.image : await writeOutputs(images, projects[0], own, runtime);
      done.push({ ...images, image, service: service?.name, outputs: own });
    });
    await writeCaches(
      caches,
      done.flatMap(({ builds }) => builds),
      runtime,
    );
    return done as [BuiltWork, ...BuiltWork[]];
  });
  const [{ image, builds }] = built;
  if (outputs[0]) writeFacts(image, outputs[0], builds, given);
  return built;
}

/** What a compose file says of the cache. */
function cacheOptions(
  service: ServiceWork | undefined,
): Partial<Pick<BuildOptions, 'cache' | 'cacheFilter'>> {
  const useCache = service?.useCache ?? true;
  if (typeof useCache === 'boolean') return useCache ? {} : { cache: false };
  return { cacheFilter: useCache.exceptStages };
}

/** Compose names what is built; files that hold one image cannot hold those of several services. */
function outputsOf(service: ServiceWork | undefined, options: BuildOptions): Outputs {
  if (service === undefined) return outputsFrom(options);
  const flags = { tag: '-t', output: '-o', iidfile: '--iidfile', metadataFile: '--metadata-file' } as const;
  for (const name of ['tag', 'output', 'iidfile', 'metadataFile'] as const)
    if (options[name] !== undefined)
      throw usageError(
        'COMPOSE_OPTION',
        `${flags[name]} is for one image, and a compose file names its own`,
        {
          next: 'Write image: or build.tags into the compose file, and use --push or --load.',
        },
      );
  return outputsFrom({ ...options, tag: service.tags });
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
