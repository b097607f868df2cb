import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { usageError } from '../core/index.ts';
import { progressModes, type ProgressMode } from '../report/index.ts';
import { type Isolation, isolations } from '../sandbox/index.ts';

/** Directories of this user (XDG Base Directory Specification); an option wins over a variable. */
export interface Places {
  readonly store: string;
  readonly cache: string;
}

export function placesFor(
  options: { store?: string | undefined; cache?: string | undefined },
  env: NodeJS.ProcessEnv,
): Places {
  const home = env['HOME'] || homedir();
  const data = env['XDG_DATA_HOME'] || join(home, '.local', 'share');
  const cache = env['XDG_CACHE_HOME'] || join(home, '.cache');
  return {
    store: resolve(options.store ?? (env['HOLDFAST_STORE'] || join(data, 'holdfast', 'store'))),
    cache: resolve(options.cache ?? (env['HOLDFAST_CACHE'] || join(cache, 'holdfast'))),
  };
}

/** `CI` is set by every CI system that matters; a stale lock is an error there. */
export function isContinuousIntegration(env: NodeJS.ProcessEnv): boolean {
  const { CI: value } = env;
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

/** What Docker and buildah call the strongest way that they have. */
const strongest = ['default', 'oci', 'rootless'];

/**
 * How steps are to be kept apart: the strongest way, unless a weaker one is asked for.
 * @throws HoldfastError ISOLATION_INVALID (exit 2)
 */
export function isolationFor(options: { readonly isolation?: string }, env: NodeJS.ProcessEnv): Isolation {
  const text = options.isolation ?? (env['HOLDFAST_ISOLATION'] || 'namespaces');
  const found = isolations.find(one => one === (strongest.includes(text) ? 'namespaces' : text));
  if (found !== undefined) return found;
  throw usageError('ISOLATION_INVALID', `"${text}" is no kind of isolation`, {
    next: `Write one of: ${isolations.join(', ')}.`,
  });
}

/** `--progress`: Docker's names, less `rawjson`. @throws HoldfastError PROGRESS_INVALID (exit 2) */
export function progressMode(text: string): ProgressMode {
  const found = modeCalled(text);
  if (found !== undefined) return found;
  throw usageError('PROGRESS_INVALID', `"${text}" is no way to show progress`, {
    next: `Write one of: ${progressModes.join(', ')}; for programs there is --json.`,
  });
}

/** As Docker's own clients read it; what they have and this program has not is as if it were not there. */
export function defaultProgress({ BUILDKIT_PROGRESS: text = '' }: NodeJS.ProcessEnv): ProgressMode {
  return modeCalled(text) ?? 'auto';
}

const modeCalled = (text: string) => progressModes.find(mode => mode === (text === 'none' ? 'quiet' : text));
