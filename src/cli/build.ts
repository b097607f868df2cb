import type { Command } from 'commander';
import type { LockedBuild } from '../build/index.ts';
import { formatPlatform } from '../core/index.ts';
import { familiarReference } from '../registry/index.ts';
import { buildImages, type BuildOptions, type BuiltWork } from './build-image.ts';
import { otherBuildFlags } from './build-flags.ts';
import { addCacheOptions } from './cache-options.ts';
import { collect } from './collect.ts';
import { addProjectOptions, addServiceOptions, printResult } from './common.ts';
import { addOtherFlags, fatesOf } from './fates.ts';
import { addOutputOptions, imageId, takesStdout } from './outputs.ts';
import { addShellOption, addStepOptions } from './step-options.ts';
import { worksFrom } from './works.ts';

export function buildCommand(program: Command): void {
  const command = program.command('build').description('build from the lock');
  addServiceOptions(
    addCacheOptions(addOutputOptions(addShellOption(addStepOptions(addProjectOptions(command))))),
  )
    .option('--locked', 'fail if the lock is stale, instead of extending it; the default where CI is set')
    .option('--no-cache', 'run every step again')
    .option('--no-cache-filter <stage>', 'run the steps of these stages again', stages)
    .option('-q, --quiet', 'show no progress, and print the id of the image, as --iidfile has it')
    .action(build);
  addOtherFlags(command, otherBuildFlags);
}

async function build(
  directory: string,
  services: readonly string[],
  given: BuildOptions & { readonly quiet?: boolean },
  self: Command,
): Promise<void> {
  const notes = fatesOf(self, otherBuildFlags, 'BUILD_FLAG');
  const options: BuildOptions = given.quiet === true ? { ...given, progress: 'quiet' } : given;
  const all = await worksFrom({ directory, services, all: false }, options);
  const built = await buildImages(all, options);
  if (options.progress !== 'quiet') for (const note of notes) process.stderr.write(`${note}\n`);
  if (built.some(({ outputs }) => takesStdout(outputs))) return;
  if (all.compose === undefined) {
    const [{ image, builds }] = built;
    printResult(options, imageFacts(built[0]), given.quiet === true ? imageId(image, builds) : image.digest);
  } else {
    printResult(
      options,
      { services: Object.fromEntries(built.map(one => [one.service, imageFacts(one)])) },
      built.map(({ service, image }) => `${service ?? ''} ${image.digest}`).join('\n'),
    );
  }
}

function imageFacts({ image, builds, outputs }: BuiltWork) {
  return {
    image: image.digest,
    size: image.size,
    mediaType: image.mediaType,
    tags: outputs.names.map(familiarReference),
    ...(builds.length === 1 ? factsOf(builds[0]) : { platforms: builds.map(platformFacts) }),
  };
}

function factsOf({ config }: LockedBuild) {
  return { diffIds: config.rootfs.diff_ids, created: config.created };
}

function platformFacts(build: LockedBuild) {
  const { platform, digest } = build.image;
  return { ...(platform && { platform: formatPlatform(platform) }), image: digest, ...factsOf(build) };
}

/** Before the first there is no list but `true`: see `BuildOptions`. */
function stages(value: string, before: readonly string[] | boolean): readonly string[] {
  return collect(value, typeof before === 'boolean' ? [] : before);
}
