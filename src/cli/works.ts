import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildRuntime, CacheUse, PlatformProjects } from '../build/index.ts';
import {
  composeFilesIn,
  isActive,
  loadCompose,
  selectedServices,
  type ComposeProject,
  type ComposeService,
} from '../compose/index.ts';
import { usageError } from '../core/index.ts';
import { projectsFrom, runBuild, type ProjectOptions } from './common.ts';
import { portsNamed } from './ports.ts';
import { serviceGrants, serviceNotes, serviceWork } from './service-work.ts';
import type { StepOptions } from './step-options.ts';

/** One image of those that a command is about: a Dockerfile's, or a service's of a compose project. */
export interface Work {
  readonly projects: PlatformProjects;
  readonly service?: ServiceWork;
}

export interface ServiceWork {
  readonly name: string;
  /** Whether the image is taken as it was published, and not built. */
  readonly isImage: boolean;
  /** The names that Compose gives to what is built. */
  readonly tags: readonly string[];
  readonly useCache: CacheUse;
}

/** All that a command is about. */
export interface Works<Options> {
  readonly works: readonly [Work, ...Work[]];
  /** The command's, with what the compose file adds for the machine as a whole. */
  readonly options: Options;
  readonly compose?: ComposeProject;
  /** What the user should know of the compose file. */
  readonly notes: readonly string[];
}

export interface WorksRequest {
  readonly directory: string;
  readonly services: readonly string[];
  /** Whether services without a build, and those of profiles that are not active, are taken as well. */
  readonly all: boolean;
}

/**
 * What is to be built: the Dockerfile of a directory, or the services of its compose file. A directory that has both
 * means its Dockerfile, as it does for `docker build`, whose options these commands have.
 * @throws HoldfastError as loadCompose, selectedServices and projectsFrom do
 */
export async function worksFrom<Options extends ProjectOptions & StepOptions>(
  request: WorksRequest,
  options: Options,
): Promise<Works<Options>> {
  const asked = withServiceNames(request, options);
  const { directory, services } = asked;
  if (!isCompose(directory, options)) {
    refuseServices(services, directory);
    return { works: [{ projects: await projectsFrom(directory, options) }], options, notes: [] };
  }
  refuseOptions(options);
  const compose = loadCompose({ directory, files: options.file ?? [], environment: process.env });
  const active = [...compose.profiles, ...(options.profile ?? [])];
  const taken = (service: ComposeService) =>
    request.all ? hasImage(service) : service.build !== undefined && isActive(service, active);
  const selected = selectedServices(compose, services, taken).filter(hasImage);
  const merged = { ...options, ...serviceGrants(compose, selected, options) };
  const works: Work[] = [];
  for (const service of selected) works.push(await serviceWork(compose, service, merged));
  const [first, ...others] = works;
  if (first === undefined) throw nothingToBuild(directory);
  return { works: [first, ...others], options: merged, compose, notes: serviceNotes(compose, selected) };
}

/** Runs `use` with all that the builds need. */
export async function runWorks<Result, Options extends ProjectOptions & StepOptions>(
  { works, options, notes }: Works<Options>,
  use: (runtime: BuildRuntime) => Promise<Result>,
): Promise<Result> {
  const ports = () => portsNamed(...works.flatMap(({ projects }) => projects));
  return runBuild(
    options,
    async runtime => {
      for (const note of notes) runtime.note(note);
      return use(runtime);
    },
    ports,
  );
}

/** Does `use` for one image after the other, each behind those that it is built from. */
export async function eachWork(
  { works }: Pick<Works<unknown>, 'works'>,
  runtime: BuildRuntime,
  use: (work: Work) => Promise<void>,
): Promise<void> {
  for (const work of works) {
    if (work.service) runtime.note(`service ${work.service.name}`);
    await use(work);
  }
}

const hasImage = ({ build, image }: ComposeService) => build !== undefined || image !== undefined;

/** Whether a command is about a compose file: DIR has no Dockerfile, or the user says so. */
export function isCompose(directory: string, { file = [], compose }: ProjectOptions): boolean {
  if (compose === true) return true;
  if (file.length > 0) return file.every(path => /\.ya?ml$/i.test(path));
  const isBoth = ['Dockerfile', 'Containerfile'].some(name => existsSync(join(directory, name)));
  return !isBoth && composeFilesIn(directory).length > 0;
}

/** `holdfast build -f compose.yaml web`, and `holdfast build web` where web is no directory, mean a service. */
function withServiceNames(request: WorksRequest, options: ProjectOptions): WorksRequest {
  const { directory, services } = request;
  if (directory === '.' || statSync(directory, { throwIfNoEntry: false }) !== undefined) return request;
  if (!/^\w[\w.-]*$/.test(directory) || !isCompose('.', options)) return request;
  return { ...request, directory: '.', services: [directory, ...services] };
}

function refuseServices([first]: readonly string[], directory: string): void {
  if (first === undefined) return;
  throw usageError(
    'SERVICE_WITHOUT_COMPOSE',
    `${first} names a service, and ${directory} is built from a Dockerfile`,
    {
      next: 'Leave it out, or add --compose to take the compose file.',
    },
  );
}

/** Options that mean one Dockerfile. */
function refuseOptions(options: ProjectOptions): void {
  const given = (['target', 'buildContext'] as const).find(name => options[name] !== undefined);
  if (given === undefined) return;
  const flag = given === 'target' ? '--target' : '--build-context';
  throw usageError('COMPOSE_OPTION', `${flag} is for one Dockerfile, and a compose file has several`, {
    next: `Write it into the compose file: ${given === 'target' ? 'target' : 'additional_contexts'}.`,
  });
}

function nothingToBuild(directory: string) {
  return usageError('COMPOSE_NOTHING', `the compose file of ${directory} has no service to build`, {
    next: 'Name a service, or the profile of one with --profile.',
  });
}
