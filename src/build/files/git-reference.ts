import { posix } from 'node:path';
import { usageError, type SourcePlace } from '../../core/index.ts';

/** What a git source of ADD, or of a build context, asks for. */
export interface GitReference {
  /** Without query, fragment and the `commit` that it may have named. */
  readonly remote: string;
  /** A branch, a tag, a full reference or a commit; nothing stands for the remote's HEAD. */
  readonly ref?: string | undefined;
  /** Relative to the repository's root; empty for all of it. */
  readonly directory: string;
  /** The commit that the reference must be, or its beginning. */
  readonly checksum?: string | undefined;
  readonly keepGitDir?: boolean | undefined;
  readonly submodules: boolean;
}

/**
 * `https://host/path.git#ref:directory` and `?ref= branch= tag= commit= checksum= subdir= keep-git-dir= submodules=`
 * (Dockerfile reference, "Adding files from a Git repository"). A web URL is a repository only if it ends in `.git`.
 * @returns nothing for what is no repository
 * @throws HoldfastError GIT_REFERENCE, GIT_PROTOCOL (exit 2)
 */
export function parseGitReference(text: string, where: SourcePlace | undefined): GitReference | undefined {
  if (/^[\w.-]+@[\w.-]+:/.test(text) || /^(?:ssh|git):\/\//i.test(text)) throw unlockable(text, where);
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!url.pathname.endsWith('.git')) return undefined;
  const [fragment = '', ...rest] = decodeURIComponent(url.hash.slice(1)).split(':');
  const query = queryOf(url, where);
  const choices = [fragment, query.get('ref') ?? undefined, prefixed('refs/tags/', query.get('tag'))];
  choices.push(prefixed('refs/heads/', query.get('branch')));
  const refs = [...new Set(choices.filter(choice => choice !== undefined && choice !== ''))];
  if (refs.length > 1) throw invalid(text, `it asks for ${refs.join(' and ')}`, where);
  const [ref] = refs;
  if (ref?.startsWith('-')) throw invalid(text, `"${ref}" is no reference`, where);
  const directory = posix.join('/', query.get('subdir') ?? rest.join(':')).replace(/^\/|\/$/g, '');
  const checksum = query.get('checksum') ?? query.get('commit') ?? undefined;
  const keepGitDir = flag(query, 'keep-git-dir', text, where);
  const submodules = flag(query, 'submodules', text, where) ?? true;
  url.hash = '';
  url.search = '';
  return {
    remote: url.href,
    ref,
    directory,
    checksum,
    keepGitDir,
    submodules,
  };
}

const names = new Set([
  'ref',
  'branch',
  'tag',
  'commit',
  'checksum',
  'subdir',
  'keep-git-dir',
  'submodules',
  'fetch-by-commit',
  'mtime',
]);

function queryOf(url: URL, where: SourcePlace | undefined): URLSearchParams {
  for (const name of url.searchParams.keys()) {
    if (!names.has(name)) throw invalid(url.href, `it has no query "${name}"`, where);
    if (url.searchParams.getAll(name).length > 1) throw invalid(url.href, `"${name}" is there twice`, where);
  }
  return url.searchParams;
}

function prefixed(prefix: string, name: string | null): string | undefined {
  if (name === null) return undefined;
  return name.startsWith(prefix) ? name : prefix + name;
}

function flag(
  query: URLSearchParams,
  name: string,
  text: string,
  where: SourcePlace | undefined,
): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (['', '1', 't', 'true'].includes(value.toLowerCase())) return true;
  if (['0', 'f', 'false'].includes(value.toLowerCase())) return false;
  throw invalid(text, `${name} is "true" or "false"`, where);
}

function invalid(text: string, why: string, where: SourcePlace | undefined) {
  return usageError('GIT_REFERENCE', `"${text.slice(0, 120)}" names no git source: ${why}`, {
    next: 'Write it as https://host/path.git#ref:directory.',
    where,
  });
}

function unlockable(text: string, where: SourcePlace | undefined) {
  return usageError(
    'GIT_PROTOCOL',
    `"${text.slice(0, 120)}" is reached by a protocol that cannot be locked`,
    {
      next: 'Use the https:// URL of the repository.',
      where,
    },
  );
}
