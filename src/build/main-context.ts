import { createReadStream, createWriteStream, lstatSync, readdirSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf, usageError } from '../core/index.ts';
import { IgnoreMatcher, maximumLength, readIgnoreFile, type StandsAt } from '../dockerfile/index.ts';
import { extractLayer, openArchive } from '../image/index.ts';
import { insideUserNamespace, resolveInRoot } from '../sandbox/index.ts';
import type { FetchedContext } from './files/index.ts';

/** Standard input, and room for what comes by it. */
export interface ContextEffects {
  readonly standardInput: AsyncIterable<Uint8Array>;
  /** An existing directory that is removed when the program ends. */
  readonly scratch: () => Promise<string>;
  readonly fetch: (url: string) => Promise<FetchedContext>;
}

export interface ContextRequest {
  /**
   * The directory with the files; `-` is an archive of them, or a Dockerfile alone, on standard input; a URL is that of
   * an archive, a Dockerfile or a git repository.
   */
  readonly directory: string;
  /** Path of the Dockerfile, `-` for standard input; `Dockerfile` or `Containerfile` in the context where none is named. */
  readonly file?: string | undefined;
  /** The Dockerfile itself, where it is no file of its own. */
  readonly inline?: InlineDockerfile | undefined;
}

/** A Dockerfile that another file holds. */
export interface InlineDockerfile {
  readonly text: string;
  /** The file that holds it, as messages and the lock name it. */
  readonly file: string;
  readonly standsAt: StandsAt;
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
  readonly fetched?: FetchedContext | undefined;
}

/**
 * Reads what is to be built, in the forms that `docker build` takes.
 * @throws HoldfastError PROJECT_MISSING, DOCKERFILE_MISSING, STDIN_TWICE, STDIN_EMPTY (exit 2), and what extractLayer
 *   and `fetch` throw
 */
export async function openMainContext(
  request: ContextRequest,
  effects: ContextEffects,
): Promise<MainContext> {
  const { directory, file, inline } = request;
  if (directory === '-') {
    if (file === '-') throw stdinTwice();
    return fromStandardInput(file, effects);
  }
  if (isRemote(directory)) return fromUrl(directory, request, effects);
  const context = resolve(directory);
  if (!(await isDirectory(context))) {
    throw usageError('PROJECT_MISSING', `${directory} is not a directory`, {
      next: 'Name the directory that holds the Dockerfile and the files that it copies.',
    });
  }
  if (file === '-' || inline !== undefined) {
    const text = inline?.text ?? (await textOf(effects.standardInput));
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

/** Whether a context is none of this machine. */
export function isRemote(directory: string): boolean {
  return /^[a-z][a-z+.-]*:\/\//i.test(directory) || /^[\w.-]+@[\w.-]+:/.test(directory);
}

async function fromStandardInput(file: string | undefined, effects: ContextEffects): Promise<MainContext> {
  const scratch = await effects.scratch();
  const sent = join(scratch, 'sent');
  await pipeline(effects.standardInput, createWriteStream(sent));
  return fromFile(sent, scratch, { file, mayHoldLock: true });
}

async function fromUrl(
  url: string,
  { file, inline }: ContextRequest,
  effects: ContextEffects,
): Promise<MainContext> {
  const fetched = await effects.fetch(url);
  const text = inline?.text ?? (file === '-' ? await textOf(effects.standardInput) : undefined);
  const copy = { file, text, mayHoldLock: !fetched.isLocked };
  const context =
    fetched.kind === 'repository'
      ? await fromCopy(fetched.path, { ...copy, keepsGitDir: fetched.keepsGitDir })
      : await fromFile(fetched.path, await effects.scratch(), copy);
  const date = fetched.date ?? newestDate(context.directory);
  return { ...context, fetched: { ...fetched, date } };
}

/** Of what an archive holds, Unix seconds; nothing where that is nothing. */
function newestDate(directory: string): number | undefined {
  const dates = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(({ parentPath, name }) => Math.floor(lstatSync(join(parentPath, name)).mtimeMs / 1000));
  return dates.length === 0 ? undefined : dates.reduce((newest, date) => Math.max(newest, date));
}

/** A context that is gone when the program ends. */
interface Copy {
  readonly file: string | undefined;
  /** The Dockerfile, where it came another way. */
  readonly text?: string | undefined;
  /** Whether a lock in it is used, unless another one says what the context is. */
  readonly mayHoldLock: boolean;
  readonly keepsGitDir?: boolean | undefined;
}

/** A file that is an archive of the context, or else the Dockerfile alone: told by what is in it, as in BuildKit. */
async function fromFile(sent: string, scratch: string, copy: Copy): Promise<MainContext> {
  const directory = join(scratch, 'context');
  await mkdir(directory);
  const archive = await openArchive(sent);
  if (archive === undefined)
    return fromCopy(directory, { ...copy, text: copy.text ?? (await textOf(createReadStream(sent))) });
  const userxattr = insideUserNamespace();
  await extractLayer({ source: archive(), directory, userxattr, whiteouts: false });
  return fromCopy(directory, copy);
}

async function fromCopy(
  directory: string,
  { file, text, mayHoldLock, keepsGitDir = true }: Copy,
): Promise<MainContext> {
  // Nothing else is left out of what was sent: as in BuildKit, .dockerignore is for what is read from a directory.
  const ignore = new IgnoreMatcher(keepsGitDir ? [] : ['.git', '**/.git']);
  const common = { directory, home: process.cwd(), kept: false, ignore };
  if (text !== undefined) return { ...common, dockerfileName: '-', text };
  const path = file === undefined ? await findDockerfile(directory) : inside(directory, file);
  const dockerfileName = relative(directory, path);
  const own = mayHoldLock && (await isFile(join(dirname(path), 'holdfast.lock')));
  return {
    ...common,
    dockerfileName,
    text: await readText(inside(directory, dockerfileName), dockerfileName),
    ...(own && { home: dirname(path) }),
  };
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
    if (await isFile(path)) return path;
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

const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() === true;

const isDirectory = async (path: string) => (await stat(path).catch(() => undefined))?.isDirectory() === true;

function stdinTwice() {
  return usageError('STDIN_TWICE', 'standard input cannot be both the Dockerfile and the context', {
    next: 'Name a directory for the context, or send an archive that holds the Dockerfile.',
  });
}
