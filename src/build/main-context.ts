import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf, usageError } from '../core/index.ts';
import { IgnoreMatcher, maximumLength, readIgnoreFile } from '../dockerfile/index.ts';
import { extractLayer, openArchive } from '../image/index.ts';
import { insideUserNamespace, resolveInRoot } from '../sandbox/index.ts';

/** Standard input, and room for what comes by it. */
export interface ContextEffects {
  readonly standardInput: AsyncIterable<Uint8Array>;
  /** An existing directory that is removed when the program ends. */
  readonly scratch: () => Promise<string>;
}

export interface ContextRequest {
  /** The directory with the files; `-` is an archive of them, or a Dockerfile alone, on standard input. */
  readonly directory: string;
  /** Path of the Dockerfile, `-` for standard input; `Dockerfile` or `Containerfile` in the context where none is named. */
  readonly file?: string | undefined;
}

/** The files that are built from, and the Dockerfile that says how. */
export interface MainContext {
  /** Absolute path of the files. */
  readonly directory: string;
  /** As messages and the lock name it: its path in the context, or `-`. */
  readonly dockerfileName: string;
  readonly text: string;
  /** Where the project's lock and configuration lie. */
  readonly home: string;
  /** False where the files are a copy that is gone when the program ends. */
  readonly kept: boolean;
  readonly ignore: IgnoreMatcher;
}

/**
 * Reads what is to be built, in the forms that `docker build` takes.
 * @throws HoldfastError PROJECT_MISSING, DOCKERFILE_MISSING, CONTEXT_UNSUPPORTED, STDIN_TWICE, STDIN_EMPTY (exit 2), and
 *   what extractLayer throws for an archive
 */
export async function openMainContext(
  request: ContextRequest,
  effects: ContextEffects,
): Promise<MainContext> {
  const { directory, file } = request;
  if (directory === '-') {
    if (file === '-') throw stdinTwice();
    return fromStandardInput(file, effects);
  }
  if (/^([a-z][a-z+.-]*:\/\/|git@)/i.test(directory)) throw unsupportedContext(directory);
  const context = resolve(directory);
  if (!(await isDirectory(context))) {
    throw usageError('PROJECT_MISSING', `${directory} is not a directory`, {
      next: 'Name the directory that holds the Dockerfile and the files that it copies.',
    });
  }
  if (file === '-') {
    const text = await textOf(effects.standardInput);
    const ignore = await readIgnore(context);
    return { directory: context, dockerfileName: '-', text, home: context, kept: true, ignore };
  }
  const path = file === undefined ? await findDockerfile(context) : resolve(file);
  const dockerfileName = relative(context, path);
  return {
    directory: context,
    dockerfileName,
    text: await readText(path, dockerfileName),
    home: dirname(path),
    kept: true,
    ignore: await readIgnore(context, path),
  };
}

async function fromStandardInput(file: string | undefined, effects: ContextEffects): Promise<MainContext> {
  const scratch = await effects.scratch();
  const sent = join(scratch, 'sent');
  await pipeline(effects.standardInput, createWriteStream(sent));
  const directory = join(scratch, 'context');
  await mkdir(directory);
  const archive = await openArchive(sent);
  // Nothing is left out of what was sent: as in BuildKit, .dockerignore is for what is read from a directory.
  const common = { directory, home: process.cwd(), kept: false, ignore: new IgnoreMatcher([]) };
  if (archive === undefined)
    return { ...common, dockerfileName: '-', text: await textOf(createReadStream(sent)) };
  const userxattr = insideUserNamespace();
  await extractLayer({ source: archive(), directory, userxattr, whiteouts: false });
  const path = file === undefined ? await findDockerfile(directory) : inside(directory, file);
  const dockerfileName = relative(directory, path);
  const text = await readText(inside(directory, dockerfileName), dockerfileName);
  const home = dirname(path);
  const own = (await stat(join(home, 'holdfast.lock')).catch(() => undefined))?.isFile() === true;
  return { ...common, dockerfileName, text, ...(own && { home }) };
}

/** A path of an archive, its links followed no further than the archive goes. */
function inside(directory: string, path: string): string {
  return directory + resolveInRoot(directory, `/${path}`);
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of source) {
    size += part.length;
    if (size > 4 * maximumLength) break; // parseDockerfile refuses less.
    parts.push(part);
  }
  if (size > 0) return Buffer.concat(parts).toString();
  throw usageError('STDIN_EMPTY', 'there is nothing on standard input', {
    next: 'Send a Dockerfile, or an archive of the context: tar -c . | holdfast build -',
  });
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
async function readIgnore(context: string, dockerfile?: string): Promise<IgnoreMatcher> {
  const own = dockerfile && join(dirname(dockerfile), `${basename(dockerfile)}.dockerignore`);
  for (const path of [...(own ? [own] : []), join(context, '.dockerignore')]) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return new IgnoreMatcher(readIgnoreFile(text));
  }
  return new IgnoreMatcher([]);
}

const isDirectory = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() === true;

function stdinTwice() {
  return usageError('STDIN_TWICE', 'standard input cannot be both the Dockerfile and the context', {
    next: 'Name a directory for the context, or send an archive that holds the Dockerfile.',
  });
}

function unsupportedContext(directory: string) {
  return usageError('CONTEXT_UNSUPPORTED', `the context cannot be fetched from ${directory}`, {
    next: 'Fetch it first and name the directory.',
  });
}
