import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, normalize, relative, sep } from 'node:path';
import { errnoOf, usageError } from '../core/index.ts';

/** What discovery found, as paths that can be opened. */
export interface Discovered {
  readonly dockerfiles: readonly string[];
  readonly composeFiles: readonly string[];
}

const dockerfileName = /^(dockerfile|containerfile)([._-].+)?$|\.(dockerfile|containerfile)$/i;
const composeName = /^(docker-)?compose([._-][\w.-]+)?\.ya?ml$/i;
/** Files about a Dockerfile, and what editors and merges leave. */
const otherName = /\.(dockerignore|md|html?|orig|rej|bak|swp|lock|json|ya?ml|sha256|sum|asc)$|~$/i;
/** Programs about Dockerfiles; `Dockerfile.go` with a capital is one of them for Go. */
const programName =
  /^(dockerfile|containerfile)[\w.-]*\.(go|rs|[cm]?[jt]sx?|py|rb|java|hs|vim|sh|ps1|svg|png)$/;

/**
 * The Dockerfiles and compose files under the given paths. A file that is named is taken whatever it is called; in
 * directories `.git`, `node_modules` and what git ignores are left out.
 * @throws HoldfastError CHECK_PATH (exit 2) for a path that is not there.
 */
export function discover(paths: readonly string[]): Discovered {
  const files = new Set<string>();
  for (const path of paths) {
    const stat = statOf(path);
    if (stat.isDirectory()) for (const file of filesUnder(path)) files.add(file);
    else files.add(path);
  }
  const all = [...files];
  const composeFiles = all.filter(isComposeFile);
  const dockerfiles = all.filter(file => !composeFiles.includes(file));
  return { dockerfiles, composeFiles };
}

/** Whether a file that is looked at is a compose file: those that others include have any name, and no Dockerfile has this. */
export function isComposeFile(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

/** The Dockerfiles, with those that the compose files build, and the compose files, with those that they include. */
export async function withComposeBuilds({ dockerfiles, composeFiles }: Discovered): Promise<string[]> {
  if (composeFiles.length === 0) return [...dockerfiles];
  const { composeParts } = await import('./compose.ts');
  const parts = composeParts(composeFiles);
  const all = [...dockerfiles, ...parts.dockerfiles, ...parts.composeFiles];
  return [...new Set(all.map(path => normalize(path)))];
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (thrown) {
    throw usageError('CHECK_PATH', `${path} cannot be read: ${errnoOf(thrown) ?? 'unknown error'}`, {
      next: 'Name a Dockerfile, or a directory that holds some.',
      cause: thrown,
    });
  }
}

function isWanted(name: string): boolean {
  return (
    (dockerfileName.test(name) && !otherName.test(name) && !programName.test(name)) || composeName.test(name)
  );
}

function nameOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf(sep)) + 1);
}

function filesUnder(directory: string): string[] {
  return (listedByGit(directory) ?? listed(directory)).filter(path => isWanted(nameOf(path))).toSorted();
}

/** Git itself knows best what it ignores. Nothing where the directory is in no work tree, or there is no git. */
function listedByGit(directory: string): string[] | undefined {
  if (!isInWorkTree(directory)) return undefined;
  try {
    // A repository's own settings must not start programs here.
    const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
    const args = [...safe, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
    const text = execFileSync('git', args, {
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .split('\0')
      .filter(path => path !== '' && !path.split('/').includes('node_modules') && isWanted(nameOf(path)))
      .map(path => join(directory, path))
      .filter(path => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  } catch {
    return undefined;
  }
}

function isInWorkTree(directory: string): boolean {
  for (let at = join(process.cwd(), relative(process.cwd(), directory)); ; at = join(at, '..')) {
    if (statSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined) return true;
    if (at === join(at, '..')) return false;
  }
}

function listed(directory: string): string[] {
  const files: string[] = [];
  const open = [directory];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== '.git' && entry.name !== 'node_modules') open.push(path);
      } else if (entry.isFile()) files.push(path);
    }
  }
  return files;
}

/** A directory that may not be read holds nothing for this user. */
function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
