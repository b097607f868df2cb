import type { Command } from 'commander';
import {
  buildFromLock,
  buildPlatforms,
  lockProject,
  type LockedBuild,
  type BuildRuntime,
  type LockState,
  type Project,
} from '../build/index.ts';
import { formatPlatform } from '../core/index.ts';
import { familiarReference } from '../registry/index.ts';
import {
  addProjectOptions,
  portsNamed,
  printResult,
  projectsFrom,
  runBuild,
  type ProjectOptions,
} from './common.ts';
import { isContinuousIntegration } from './environment.ts';
import { lockDate } from './lock-date.ts';
import { addOutputOptions, outputsFrom, writeFacts, writeOutputs, type OutputOptions } from './outputs.ts';
import { addShellOption, addStepOptions, type StepOptions } from './step-options.ts';

interface BuildOptions extends ProjectOptions, StepOptions, OutputOptions {
  readonly locked?: boolean;
  readonly cache: boolean;
}

export function buildCommand(program: Command): void {
  const command = program.command('build').description('build from the lock');
  addOutputOptions(addShellOption(addStepOptions(addProjectOptions(command))))
    .option('--locked', 'fail if the lock is stale, instead of extending it; the default where CI is set')
    .option('--no-cache', 'run every step again')
    .action(async (directory: string, options: BuildOptions) => {
      const projects = await projectsFrom(directory, options);
      const outputs = outputsFrom(options);
      const { image, builds } = await runBuild(
        options,
        async runtime => {
          const built = await buildPlatforms(projects, runtime, (project, state) =>
            buildOrExtend(project, state, runtime, options),
          );
          const image = await writeOutputs(built, projects[0], outputs, runtime);
          return { ...built, image };
        },
        portsNamed(projects[0]),
      );
      writeFacts(image, outputs, builds, options);
      printResult(
        options,
        {
          image: image.digest,
          size: image.size,
          mediaType: image.mediaType,
          tags: outputs.names.map(familiarReference),
          ...(builds.length === 1 ? factsOf(builds[0]) : { platforms: builds.map(platformFacts) }),
        },
        image.digest,
      );
    });
}

function factsOf({ config }: LockedBuild) {
  return { diffIds: config.rootfs.diff_ids, created: config.created };
}

function platformFacts(build: LockedBuild) {
  const { platform, digest } = build.image;
  return { ...(platform && { platform: formatPlatform(platform) }), image: digest, ...factsOf(build) };
}

/** A lock that is there is enforced; a stale one is extended only where nobody asked for it to be left alone. */
async function buildOrExtend(
  project: Project,
  state: LockState,
  runtime: BuildRuntime,
  options: BuildOptions,
): Promise<LockedBuild> {
  const locked = options.locked === true || isContinuousIntegration(process.env);
  if (state.stale === undefined || locked) return buildFromLock(project, state, runtime, options.cache);
  runtime.note(`${state.stale.message}: recording what is new`);
  const extended = await lockProject(project, state, runtime, {
    asOf: lockDate(process.env, new Date()),
    useCache: options.cache,
  });
  if (extended.changed) runtime.note('wrote holdfast.lock; commit it');
  return extended;
}
