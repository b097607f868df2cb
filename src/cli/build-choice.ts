import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { formatPlatform, parsePlatform, usageError } from '../core/index.ts';
import type { BuildEntry } from '../lock/index.ts';
import { collect } from './collect.ts';

/** Which services of a compose project, or which of several Dockerfiles. */
export interface ServiceChoice {
  readonly file?: readonly string[] | undefined;
  readonly service?: readonly string[] | undefined;
}

/** Which builds are meant by a command that reads a lock, and not the project that it is of. */
export interface BuildChoice extends ServiceChoice {
  readonly target?: string;
  readonly platform?: string;
}

export function addBuildChoice(command: Command): Command {
  return addServiceChoice(command)
    .option('--target <stage>', 'of a lock of several builds the target')
    .option('--platform <os/arch>', 'of a lock of several builds the platform');
}

export function addServiceChoice(command: Command): Command {
  return command
    .option(
      '-f, --file <path>',
      'of a lock of several builds the Dockerfile, as the lock names it; or a compose file, for its services',
      collect,
    )
    .option('--service <name>', 'of a lock of a compose project this service', collect);
}

/**
 * The builds that fit a choice; all where nothing is chosen.
 * @throws HoldfastError SERVICE_NOT_LOCKED (exit 2)
 */
export function chosenBuilds(
  builds: readonly BuildEntry[],
  { file = [], service = [], target, platform }: BuildChoice,
): BuildEntry[] {
  const missing = service.find(name => !builds.some(build => build.service === name));
  if (missing !== undefined) throw notLocked(missing, builds);
  const wanted = platform === undefined ? undefined : formatPlatform(parsePlatform(platform));
  return builds.filter(
    build =>
      fitsServices(build, { file, service }) &&
      (target === undefined || build.target === target) &&
      (wanted === undefined || build.platform === wanted),
  );
}

export function fitsServices(build: BuildEntry, { file = [], service = [] }: ServiceChoice): boolean {
  return (
    (file.length === 0 || file.some(path => isOf(build, path))) &&
    (service.length === 0 || service.includes(build.service ?? ''))
  );
}

/** A compose file stands for its services, wherever their Dockerfiles lie. */
function isOf({ dockerfile, service }: BuildEntry, path: string): boolean {
  if (isComposeFile(path)) return service !== undefined;
  return dockerfile === path;
}

export const isComposeFile = (path: string) => /\.ya?ml$/i.test(path);

/** Where the lock lies: beside the compose file that is named, where nothing else says. */
export function placeBeside(place: string, { file: [first] = [] }: ServiceChoice): string {
  if (place !== '.' || first === undefined || !isComposeFile(first)) return place;
  const hasLock = (directory: string) => existsSync(join(directory, 'holdfast.lock'));
  return hasLock(dirname(first)) || !hasLock(place) ? dirname(first) : place;
}

function notLocked(name: string, builds: readonly BuildEntry[]) {
  const known = [...new Set(builds.flatMap(({ service }) => service ?? []))];
  return usageError('SERVICE_NOT_LOCKED', `the lock has no service ${name}`, {
    ...(known.length > 0 && { details: [`It has ${known.join(', ')}.`] }),
    next:
      known.length > 0
        ? 'Name one of these, or lock it first.'
        : 'Leave out --service: the lock is of a Dockerfile.',
  });
}
