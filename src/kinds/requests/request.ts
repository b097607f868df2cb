import type { Argument, Invocation } from '../../dockerfile/shell/index.ts';

/** The ecosystem that a request is about. More than there are kinds: some are only recognised by what is typed. */
export type Ecosystem =
  | 'apt'
  | 'apk'
  | 'rpm'
  | 'pypi'
  | 'conda'
  | 'npm'
  | 'gem'
  | 'go'
  | 'cargo'
  | 'composer'
  | 'maven'
  | 'nuget'
  | 'choco'
  | 'cpan'
  | 'cran'
  | 'other'
  | 'git'
  | 'file';

/**
 * How firmly a package is asked for:
 * - `none`: whatever is newest
 * - `range`: what fits a range, a branch or a tag that moves
 * - `exact`: one version by its name
 * - `content`: bytes by their digest, or a commit
 */
export type Firmness = 'none' | 'range' | 'exact' | 'content';

/** A package that a command names. */
export interface Item {
  readonly name: string;
  readonly firmness: Firmness;
  /** The word that names it. */
  readonly argument: Argument;
}

interface Base {
  readonly ecosystem: Ecosystem;
  /** The program, for people: `apt-get`, `pip`. */
  readonly tool: string;
  /** What to point at. */
  readonly at: Argument;
  readonly invocation: Invocation;
}

/** Packages by name. */
export interface InstallRequest extends Base {
  readonly action: 'install';
  readonly items: readonly Item[];
  /** A file of the project narrows down what is chosen: pip's constraints. */
  readonly constrained: boolean;
}

/** What the project's own manifest asks for. */
export interface RestoreRequest extends Base {
  readonly action: 'restore';
  /** `yes`: exactly what a lock file says; `no`: resolved anew, or a lock file that may be changed. */
  readonly locked: 'yes' | 'no';
  /** The command word or flag that would enforce the lock, and the files that may be that lock. */
  readonly remedy?: Remedy;
}

export interface Remedy {
  /** For people: what to write. */
  readonly advice: string;
  /** Any of these is the lock. */
  readonly lockFiles: readonly string[];
  /** In place of the sub-command, or behind it. */
  readonly edit?: { readonly replace: string } | { readonly append: string };
}

/** Everything that is installed, to whatever is newest. */
export interface UpgradeRequest extends Base {
  readonly action: 'upgrade';
}

/** A further source of packages. */
export interface RepositoryRequest extends Base {
  readonly action: 'repository';
}

/** A signing key, fetched and believed. */
export interface KeyRequest extends Base {
  readonly action: 'key';
}

/** A file by URL. */
export interface DownloadRequest extends Base {
  readonly action: 'download';
  readonly url: Argument;
  /** The path that it is saved to; nothing where it goes to the standard output. */
  readonly saved?: string;
}

/** A repository's working tree. */
export interface CloneRequest extends Base {
  readonly action: 'clone';
  readonly url: Argument;
  readonly ref?: string;
  readonly firmness: Firmness;
  readonly directory?: string;
}

/** A check of what is fetched, switched off. */
export interface UncheckedRequest extends Base {
  readonly action: 'unchecked';
  readonly check: 'tls' | 'signature';
}

export type Request =
  | InstallRequest
  | RestoreRequest
  | UpgradeRequest
  | RepositoryRequest
  | KeyRequest
  | DownloadRequest
  | CloneRequest
  | UncheckedRequest;

/** What the programs of one ecosystem ask for. */
export interface Finder {
  /** Names of programs, without their directories. */
  readonly programs: readonly string[];
  find(invocation: Invocation): readonly Request[];
}
