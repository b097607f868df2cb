import { relative } from 'node:path';
import { isRemote, type CacheUse, type PlatformProjects } from '../build/index.ts';
import type {
  BuildSecret,
  ComposeBuild,
  ComposeProject,
  ComposeService,
  ComposeText,
} from '../compose/index.ts';
import { errorAt, usageError } from '../core/index.ts';
import { parseReference } from '../registry/index.ts';
import { projectsFrom, type ProjectOptions, type ServiceProject } from './common.ts';
import type { StepOptions } from './step-options.ts';
import type { Work } from './works.ts';

/** A service as a project for each of its platforms: what the compose file says stands in for options. */
export async function serviceWork(
  compose: ComposeProject,
  service: ComposeService,
  options: ProjectOptions,
): Promise<Work> {
  const { name, build } = service;
  const isImage = build === undefined;
  const projects = isImage
    ? await imageProjects(compose, service, options)
    : await buildProjects(compose, service, build, options);
  const tags = isImage ? [] : [service.image?.text ?? `${compose.name}-${name}`, ...build.tags];
  return { projects, service: { name, isImage, tags, useCache: cacheUse(build) } };
}

function cacheUse(build: ComposeBuild | undefined): CacheUse {
  if (build === undefined || build.noCacheFilter.length === 0) return build?.noCache !== true;
  return build.noCache ? false : { exceptStages: build.noCacheFilter };
}

async function buildProjects(
  { home }: ComposeProject,
  service: ComposeService,
  build: ComposeBuild,
  options: ProjectOptions,
): Promise<PlatformProjects> {
  const { context, dockerfile, inline, target, args, contexts, labels } = build;
  const platforms = build.platforms.length > 0 ? build.platforms : platformOf(service);
  const pairs = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => `${name}=${value}`);
  const { file: _composeFiles, ...common } = options;
  const own: ProjectOptions = {
    ...common,
    ...(dockerfile !== undefined && { file: [dockerfile] }),
    ...(target !== undefined && { target }),
    ...(options.platform === undefined && platforms.length > 0 && { platform: platforms }),
    buildArg: [...pairs(args), ...(options.buildArg ?? [])],
    buildContext: pairs(contexts),
    label: [...pairs(labels), ...(options.label ?? [])],
    // A context that is fetched is looked for in this lock.
    ...(isRemote(context) && options.lockfile === undefined && { lockfile: `${home}/holdfast.lock` }),
  };
  const request = { name: service.name, home, isImage: false };
  return projectsFrom(context, own, {
    service: request,
    ...(inline && { inline: { text: inline.text, ...placesIn(inline, home) } }),
  });
}

/** An image that is not built, as the project of a Dockerfile that takes it. */
async function imageProjects(
  { home }: ComposeProject,
  service: ComposeService,
  options: ProjectOptions,
): Promise<PlatformProjects> {
  const { name, image } = service;
  if (image === undefined) throw new TypeError('a service has an image or a build');
  parsedAt(image);
  const platforms = platformOf(service);
  const { file: _composeFiles, ...common } = options;
  const own: ProjectOptions = {
    ...common,
    ...(options.platform === undefined && platforms.length > 0 && { platform: platforms }),
    buildArg: [],
  };
  const { file } = placesIn(image, home);
  const { line, column } = image.where;
  const standsAt = () => ({ line, ...(column !== undefined && { column }) });
  return projectsFrom(home, own, {
    service: { name, home, isImage: true },
    inline: { text: `FROM ${image.text}\n`, file, standsAt },
  });
}

function parsedAt({ text, where }: ComposeText): void {
  try {
    parseReference(text);
  } catch (error) {
    throw errorAt(error, where);
  }
}

const platformOf = ({ platform }: ComposeService) => (platform === undefined ? [] : [platform.text]);

function placesIn({ file: { path, source }, mapped }: ComposeText, home: string) {
  const standsAt: NonNullable<ServiceProject['inline']>['standsAt'] = offset =>
    source.where(mapped.offsetOf(Math.min(offset, mapped.text.length)));
  return { file: relative(home, path), standsAt };
}

/** What builds are lent of this machine, and hosts they reach: it is opened once for all of them. */
export function serviceGrants(
  compose: ComposeProject,
  services: readonly ComposeService[],
  options: ProjectOptions & StepOptions,
): Pick<ProjectOptions & StepOptions, 'secret' | 'ssh' | 'allow' | 'addHost' | 'pull'> {
  const builds = services.flatMap(({ build }) => (build === undefined ? [] : [build]));
  const all = (listOf: (build: ComposeBuild) => readonly string[], given: readonly string[] = []) => [
    ...new Set([...builds.flatMap(listOf), ...given]),
  ];
  return {
    secret: [...secretsOf(compose, builds), ...(options.secret ?? [])],
    ssh: all(({ ssh }) => ssh, options.ssh),
    allow: all(({ entitlements }) => entitlements, options.allow),
    addHost: all(({ extraHosts }) => extraHosts, options.addHost),
    ...(builds.some(({ pull }) => pull) && { pull: true }),
  };
}

/** As `--secret` takes them. @throws HoldfastError COMPOSE_SECRET (exit 2) */
function secretsOf(compose: ComposeProject, builds: readonly ComposeBuild[]): string[] {
  const sources = new Map<string, string>();
  const texts = new Set<string>();
  for (const secret of builds.flatMap(({ secrets }) => secrets)) {
    const { id, source, where } = secret;
    if ((sources.get(id) ?? source) !== source)
      throw secretError(secret, `is ${source} in one service and ${sources.get(id) ?? ''} in another`);
    sources.set(id, source);
    const found = compose.secrets.get(source);
    if (found === undefined || found.kind === 'external')
      throw secretError(
        { id: source, where },
        found === undefined ? 'is not under secrets' : 'is external, and no build can be given it',
      );
    const from = found.kind === 'file' ? `src=${found.path}` : `env=${found.variable}`;
    texts.add([`id=${id}`, from].map(field => `"${field.replaceAll('"', '""')}"`).join(','));
  }
  return [...texts];
}

function secretError({ id, where }: Pick<BuildSecret, 'id' | 'where'>, why: string) {
  return usageError('COMPOSE_SECRET', `the secret ${id} ${why}`, {
    where,
    next: 'Give it file: or environment: under secrets, and each id one source.',
  });
}

/** What of the compose file is not as the user may think. */
export function serviceNotes({ unset }: ComposeProject, services: readonly ComposeService[]): string[] {
  const variables = [...unset].map(
    ([name, { file, line }]) => `${file}:${line}: the variable ${name} is not set, and taken to be empty`,
  );
  const ignored = services.flatMap(({ name, build }) =>
    (build?.ignored ?? []).map(key => `services.${name}.build.${key} is not used here`),
  );
  return [...variables, ...ignored];
}
