import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import {
  canonicalJson,
  errnoOf,
  formatPlatform,
  sha256,
  usageError,
  type Digest,
  type Platform,
} from '../core/index.ts';
import {
  checksumForm,
  IgnoreMatcher,
  parseDockerfile,
  readIgnoreFile,
  type Dockerfile,
} from '../dockerfile/index.ts';
import { lockedArguments } from './arguments.ts';

/** What the user asks to be built. */
export interface ProjectRequest {
  readonly directory: string;
  /** Path of the Dockerfile; `Dockerfile` or `Containerfile` in the directory where none is named. */
  readonly file?: string | undefined;
  readonly target?: string | undefined;
  readonly platform: Platform;
  /** Whether the user named it; else it is this machine's, and FROM's --platform decides on the image's. */
  readonly platformGiven: boolean;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** Ids of normalisation rules that are switched off. */
  readonly withoutRules: readonly string[];
}

/** A directory with a Dockerfile, read and ready to be planned. */
export interface Project {
  /** Absolute path of the build context. */
  readonly context: string;
  readonly dockerfilePath: string;
  /** The Dockerfile's path as messages and the lock name it. */
  readonly dockerfileName: string;
  readonly lockPath: string;
  /** The lock's path below the context. It is never copied: it names the digest of what it would be copied into. */
  readonly lockName: string;
  readonly dockerfile: Dockerfile;
  readonly ignore: IgnoreMatcher;
  readonly request: ProjectRequest;
  /** The build arguments that the lock knows this build by. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Over all but the context's files that steers what the build asks for. */
  readonly checksum: Digest;
}

/**
 * Reads the Dockerfile and what belongs to it.
 * @throws HoldfastError PROJECT_MISSING, DOCKERFILE_MISSING (exit 2), and what parseDockerfile throws
 */
export async function openProject(request: ProjectRequest): Promise<Project> {
  const context = resolve(request.directory);
  if (!(await stat(context).catch(() => undefined))?.isDirectory()) {
    throw usageError('PROJECT_MISSING', `${request.directory} is not a directory`, {
      next: 'Name the directory that holds the Dockerfile and the files that it copies.',
    });
  }
  const dockerfilePath = request.file === undefined ? await findDockerfile(context) : resolve(request.file);
  const dockerfileName = relative(context, dockerfilePath);
  const text = await readText(dockerfilePath, dockerfileName);
  const dockerfile = parseDockerfile(text, dockerfileName);
  const lockPath = join(dirname(dockerfilePath), 'holdfast.lock');
  const known = lockedArguments({ dockerfile, request });
  return {
    context,
    dockerfilePath,
    dockerfileName,
    lockPath,
    lockName: relative(context, lockPath),
    dockerfile,
    ignore: await readIgnore(context, dockerfilePath),
    request,
    arguments: known,
    checksum: checksumOf({ dockerfile, request, arguments: known }),
  };
}

export function checksumOf({
  dockerfile,
  request,
  arguments: args,
}: Pick<Project, 'dockerfile' | 'request' | 'arguments'>): Digest {
  const { target, platform, platformGiven, withoutRules } = request;
  const fromImage = !platformGiven && dockerfile.stages.some(({ from }) => from.platform !== undefined);
  return sha256(
    canonicalJson({
      dockerfile: checksumForm(dockerfile),
      target,
      platform: formatPlatform(platform),
      // The same platform, asked for or not, can then mean another image.
      ...(fromImage && { platformOfImage: true }),
      args,
      withoutRules: withoutRules.toSorted(),
    }),
  );
}

async function findDockerfile(context: string): Promise<string> {
  for (const name of ['Dockerfile', 'Containerfile']) {
    const path = join(context, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  throw usageError('DOCKERFILE_MISSING', `there is no Dockerfile in ${context}`, {
    next: 'Name the directory that holds it, or the file itself with -f.',
  });
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw usageError('DOCKERFILE_MISSING', `cannot read ${name} (${errnoOf(error) ?? 'unknown error'})`, {
      next: 'Name a Dockerfile that exists and that you may read with -f.',
      cause: error,
    });
  }
}

/** `<Dockerfile>.dockerignore` wins over `.dockerignore` (Dockerfile reference, "Filename and location"). */
async function readIgnore(context: string, dockerfilePath: string): Promise<IgnoreMatcher> {
  for (const path of [
    join(dirname(dockerfilePath), `${basename(dockerfilePath)}.dockerignore`),
    join(context, '.dockerignore'),
  ]) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return new IgnoreMatcher(readIgnoreFile(text));
  }
  return new IgnoreMatcher([]);
}
