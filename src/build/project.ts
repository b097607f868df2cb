import { join, relative, resolve } from 'node:path';
import { canonicalJson, formatPlatform, sha256, type Digest, type Platform } from '../core/index.ts';
import { checksumForm, parseDockerfile, type Dockerfile, type IgnoreMatcher } from '../dockerfile/index.ts';
import { lockedArguments } from './arguments.ts';
import { contextsForm, openContexts, type NamedContexts } from './contexts.ts';
import type { FetchedContext } from './files/index.ts';
import {
  openMainContext,
  type ContextEffects,
  type ContextRequest,
  type MainContext,
} from './main-context.ts';

/** What the user asks to be built. */
export interface ProjectRequest extends ContextRequest {
  readonly target?: string | undefined;
  readonly platform: Platform;
  /** Whether the user named it; else it is this machine's, and FROM's --platform decides on the image's. */
  readonly platformGiven: boolean;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** By name, what `--build-context` gave. */
  readonly contexts: Readonly<Record<string, string>>;
  /** Where the lock is, if not beside the Dockerfile. */
  readonly lockfile?: string | undefined;
  /** The service of a compose project that is built. */
  readonly service?: ServiceRequest | undefined;
  /** Added to the image's own. */
  readonly labels: Readonly<Record<string, string>>;
  /** Ids of normalisation rules that are switched off. */
  readonly withoutRules: readonly string[];
}

export interface ServiceRequest {
  readonly name: string;
  /** Absolute path of the project: where its lock and configuration lie. */
  readonly home: string;
  /** The Dockerfile is a FROM alone, and the image is that of FROM, as it was published. */
  readonly isImage: boolean;
}

/** What is to be built, read and ready to be planned. */
export interface Project {
  /** Absolute path of the build context. */
  readonly context: string;
  /** The Dockerfile's path as messages and the lock name it. */
  readonly dockerfileName: string;
  /** Where the project's configuration lies. */
  readonly home: string;
  readonly lockPath: string;
  /** False where the lock came with a context that is not kept, so that what is written to it would be lost. */
  readonly lockKept: boolean;
  /** The lock's path below the context. It is never copied: it names the digest of what it would be copied into. */
  readonly lockName: string;
  readonly dockerfile: Dockerfile;
  readonly ignore: IgnoreMatcher;
  readonly contexts: NamedContexts;
  /** How the context was fetched, where it was and the lock holds it: a lock inside of it cannot. */
  readonly fetched?: FetchedContext | undefined;
  readonly request: ProjectRequest;
  /** The build arguments that the lock knows this build by. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Over all but the context's files that steers what the build asks for. */
  readonly checksum: Digest;
}

/**
 * Reads the Dockerfile and what belongs to it.
 * @throws HoldfastError what openMainContext, parseDockerfile and openContexts throw
 */
export async function openProject(request: ProjectRequest, effects: ContextEffects): Promise<Project> {
  const main = await openMainContext(request, effects);
  const { directory: context, text, kept, ignore } = main;
  const { lockfile, service, inline } = request;
  const home = service?.home ?? main.home;
  const dockerfileName = inline?.file ?? nameIn(home, main, service);
  const dockerfile = parseDockerfile(text, dockerfileName, inline?.standsAt);
  const lockPath = lockfile === undefined ? join(home, 'holdfast.lock') : resolve(lockfile);
  const lockKept = kept || !lockPath.startsWith(`${context}/`);
  const steering = {
    dockerfile,
    request,
    arguments: lockedArguments({ dockerfile, request }),
    contexts: await openContexts(request.contexts),
    fetched: lockKept ? main.fetched : undefined,
  };
  return {
    context,
    dockerfileName,
    home,
    lockPath,
    lockKept,
    lockName: relative(context, lockPath),
    ...steering,
    ignore,
    checksum: checksumOf(steering),
  };
}

/** The project as it would be with another text in its Dockerfile. @throws HoldfastError what parseDockerfile throws */
export function withDockerfile(project: Project, text: string): Project {
  const dockerfile = parseDockerfile(text, project.dockerfileName);
  const edited = {
    ...project,
    dockerfile,
    arguments: lockedArguments({ dockerfile, request: project.request }),
  };
  return { ...edited, checksum: checksumOf(edited) };
}

/** Where the Dockerfile lies; nothing where it is no file of its own, or one of a copy that is not kept. */
export function dockerfilePath(project: Project): string | undefined {
  const { context, home, dockerfileName, lockKept, fetched, request } = project;
  if (dockerfileName === '-' || !lockKept || fetched !== undefined || request.inline !== undefined)
    return undefined;
  return join(request.service === undefined ? context : home, dockerfileName);
}

/** The Dockerfiles of a project's services are told apart by their paths in the project. */
function nameIn(
  home: string,
  { directory, dockerfileName, fetched }: MainContext,
  service: ServiceRequest | undefined,
): string {
  if (service === undefined || fetched !== undefined) return dockerfileName;
  return relative(home, join(directory, dockerfileName));
}

export function checksumOf({
  dockerfile,
  request,
  arguments: args,
  contexts,
  fetched,
}: Pick<Project, 'dockerfile' | 'request' | 'arguments' | 'contexts' | 'fetched'>): Digest {
  const { target, platform, platformGiven, withoutRules, service } = request;
  const fromImage = !platformGiven && dockerfile.stages.some(({ from }) => from.platform !== undefined);
  return sha256(
    canonicalJson({
      dockerfile: checksumForm(dockerfile),
      target,
      platform: formatPlatform(platform),
      // The same platform, asked for or not, can then mean another image.
      ...(fromImage && { platformOfImage: true }),
      ...(service?.isImage === true && { image: true }),
      args,
      withoutRules: withoutRules.toSorted(),
      contexts: contextsForm(contexts),
      context: fetched?.url,
    }),
  );
}
