import { writeFileSync } from 'node:fs';
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
import {
  familiarReference,
  openDestination,
  parseReference,
  parseTransport,
  withDefaultTag,
  type Transport,
} from '../registry/index.ts';
import {
  addProjectOptions,
  portsNamed,
  printResult,
  projectsFrom,
  runBuild,
  type ProjectOptions,
} from './common.ts';
import { collect } from './collect.ts';
import { isContinuousIntegration } from './environment.ts';
import { lockDate } from './lock-date.ts';
import { addShellOption, addStepOptions, type StepOptions } from './step-options.ts';

interface BuildOptions extends ProjectOptions, StepOptions {
  readonly tag?: readonly string[];
  readonly output?: readonly string[];
  readonly push?: boolean;
  readonly locked?: boolean;
  readonly cache: boolean;
  readonly iidfile?: string;
}

export function buildCommand(program: Command): void {
  addShellOption(
    addStepOptions(addProjectOptions(program.command('build').description('build from the lock'))),
  )
    .option('-t, --tag <ref>', 'a name for the image in the store', collect)
    .option(
      '-o, --output <dest>',
      'write the image: oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE[:REF], docker://REF',
      collect,
    )
    .option('--push', 'push the image under each of its names')
    .option('--locked', 'fail if the lock is stale, instead of extending it; the default where CI is set')
    .option('--no-cache', 'run every step again')
    .option('--iidfile <file>', 'write the digest of the image to a file')
    .action(async (directory: string, options: BuildOptions) => {
      const projects = await projectsFrom(directory, options);
      const names = (options.tag ?? []).map(text => withDefaultTag(parseReference(text)));
      const destinations = [
        ...(options.output ?? []).map(parseTransport),
        ...(options.push === true
          ? names.map((reference): Transport => ({ kind: 'docker', reference }))
          : []),
      ];
      const { image, builds } = await runBuild(
        options,
        async runtime => {
          const built = await buildPlatforms(projects, runtime, (project, state) =>
            buildOrExtend(project, state, runtime, options),
          );
          for (const name of names) await runtime.store.tag(familiarReference(name), built.image);
          for (const transport of destinations) {
            const destination = openDestination(transport, await runtime.registry());
            await destination.write(runtime.store, built.image);
            runtime.note(`wrote ${destination.name}`);
          }
          return built;
        },
        portsNamed(projects[0]),
      );
      if (options.iidfile !== undefined) writeFileSync(options.iidfile, image.digest);
      printResult(
        options,
        {
          image: image.digest,
          size: image.size,
          mediaType: image.mediaType,
          tags: names.map(familiarReference),
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
