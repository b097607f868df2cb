import type { Command } from 'commander';
import type { LockedBuild } from '../build/index.ts';
import { formatPlatform } from '../core/index.ts';
import { familiarReference } from '../registry/index.ts';
import { buildImages, type BuildOptions, type BuiltWork } from './build-image.ts';
import { addCacheOptions } from './cache-options.ts';
import { collect } from './collect.ts';
import { addProjectOptions, addServiceOptions, printResult } from './common.ts';
import { addOutputOptions } from './outputs.ts';
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
    .option('-q, --quiet', 'show no progress; the digest is on stdout as always')
    .action(build);
}

async function build(
  directory: string,
  services: readonly string[],
  given: BuildOptions & { readonly quiet?: boolean },
): Promise<void> {
  const options: BuildOptions = given.quiet === true ? { ...given, progress: 'quiet' } : given;
  const all = await worksFrom({ directory, services, all: false }, options);
  const built = await buildImages(all, options);
  if (all.compose === undefined) printResult(options, imageFacts(built[0]), built[0].image.digest);
  else {
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
