import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { usageError, type SourcePlace } from '../../core/index.ts';
import { goMatch, IgnoreMatcher } from '../../dockerfile/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';

/** One matched source of a COPY: a file or directory below `root`. */
export interface CopySource {
  readonly root: string;
  /** Relative to `root`, with `/`, no leading one, without links; empty for the root itself. */
  readonly path: string;
  /** What it is called in a directory that it is copied to; the path's own last part unless a link led there. */
  readonly name?: string | undefined;
  /** What of a directory is copied; everything unless given. */
  readonly filter?: Selection | undefined;
}

/** Which paths are copied. */
export interface Selection {
  /** Whether the file or directory at `path` is copied. */
  takes(path: string): boolean;
  /** Whether anything below the directory `path` may be, if it is not taken itself. */
  descends(path: string): boolean;
}

export const everything: Selection = { takes: () => true, descends: () => true };

/** All but what the patterns of `--exclude` name, relative to the directory that is copied. */
export function excluding(patterns: readonly string[]): Selection {
  const matcher = new IgnoreMatcher(patterns);
  return { takes: path => !matcher.matches(path), descends: path => matcher.mayHoldUnignored(path) };
}

/** What a pattern of `COPY --parents` names, and all that is below. */
function including(pattern: string): Selection {
  return excluding(['**', `!${pattern}`]);
}

function both(a: Selection, b: Selection): Selection {
  const allows = (one: Selection, path: string) => one.takes(path) || one.descends(path);
  return {
    takes: path => a.takes(path) && b.takes(path),
    descends: path => allows(a, path) && allows(b, path),
  };
}

export interface Matching {
  /** Where the patterns begin. */
  readonly root: string;
  /** What of `root` there is for this instruction (`.dockerignore`). */
  readonly selection: Selection;
  /** Of `--exclude`. */
  readonly exclude: readonly string[];
  readonly where: SourcePlace;
}

/**
 * The files and directories that the patterns of a COPY name, in the order of the patterns. Links in a path are
 * followed inside the root and never out of it; wildcards are those of Go's filepath.Match, and may match nothing.
 * @throws HoldfastError COPY_SOURCE_MISSING (exit 2)
 */
export function matchSources(patterns: readonly string[], matching: Matching): CopySource[] {
  const { root, selection } = matching;
  const filter = excluding(matching.exclude);
  return patterns.flatMap(pattern => {
    const clean = cleaned(pattern);
    const hasWildcards = /[*?[\\]/.test(clean);
    const paths = hasWildcards ? wildcardMatches(root, clean) : [clean];
    const found = paths.flatMap((path): CopySource[] => {
      const resolved = resolveInRoot(root, `/${path}`).slice(1);
      const stats = lstatSync(join(root, resolved), { throwIfNoEntry: false });
      const source = { root, path: resolved, name: basename(path), filter };
      if (!stats || resolved === '') return stats ? [source] : [];
      const isThere = selection.takes(path) && selection.takes(resolved);
      return isThere || (stats.isDirectory() && holdsTaken(root, resolved, selection)) ? [source] : [];
    });
    if (found.length === 0 && !hasWildcards) throw missing(root, pattern, clean, matching.where);
    return found;
  });
}

/** Whether anything of a directory that is left out itself is taken; the directory is then there to lead to it. */
function holdsTaken(root: string, path: string, selection: Selection): boolean {
  for (const { taken } of entriesOf({ root, path }, selection)) if (taken) return true;
  return false;
}

/**
 * The sources of `COPY --parents`: of each pattern the directory before `/./`, or the root, and in it what the rest
 * of the pattern names, where it lies.
 * @throws HoldfastError COPY_SOURCE_MISSING (exit 2)
 */
export function matchWithParents(patterns: readonly string[], matching: Matching): CopySource[] {
  const { root, exclude, where } = matching;
  return patterns.flatMap(pattern => {
    const pivot = pattern.indexOf('/./');
    const [start, rest] = pivot < 0 ? ['', pattern] : [pattern.slice(0, pivot), pattern.slice(pivot + 3)];
    const wanted = cleaned(rest);
    const filter = both(excluding(exclude), wanted === '' ? everything : including(wanted));
    const starts = matchSources([start], { ...matching, exclude: [] }).map(source => ({ ...source, filter }));
    const isPlain = !/[*?[\\]/.test(`${start}${rest}`);
    if (isPlain) matchSources([`${start}/${wanted}`], { ...matching, exclude: [] });
    else if (starts.length === 0 && !/[*?[\\]/.test(start)) throw missing(root, pattern, start, where);
    return starts;
  });
}

/** As Go's path.Clean of a rooted path: `..` at the root stays there. */
function cleaned(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function wildcardMatches(root: string, pattern: string): string[] {
  let found = [''];
  for (const part of pattern.split('/')) {
    found = found.flatMap(parent => {
      const directory = join(root, resolveInRoot(root, `/${parent}`));
      if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) return [];
      const names = readdirSync(directory)
        .filter(name => goMatch(part, name))
        .toSorted();
      return names.map(name => (parent === '' ? name : `${parent}/${name}`));
    });
  }
  return found;
}

function missing(root: string, pattern: string, path: string, where: SourcePlace) {
  const ignored = lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
  return usageError(
    'COPY_SOURCE_MISSING',
    `"${pattern}" ${ignored ? 'is left out by .dockerignore' : 'does not exist'}`,
    {
      next: ignored
        ? 'Add a "!" pattern for it to .dockerignore.'
        : 'Paths are relative to the build context; `..` does not leave it.',
      where,
    },
  );
}

function notText(path: string) {
  return usageError('COPY_NAME', `the name of ${path} is not UTF-8`, {
    next: 'Rename it, or leave it out by .dockerignore.',
  });
}

/** One file or directory of a source, before what is below it. */
export interface SourceEntry {
  /** Relative to the source's root. */
  readonly path: string;
  /** Relative to the source: empty for the source itself. */
  readonly below: string;
  readonly stats: Stats;
  /** Whether it is copied itself; a directory may only lead to what is. */
  readonly taken: boolean;
}

/** The files and directories of a source that are copied, or lead to what is, parents first, sorted by name. */
export function* entriesOf(
  { root, path, filter = everything }: CopySource,
  selection: Selection,
): Generator<SourceEntry> {
  function* visit(at: string, below: string): Generator<SourceEntry> {
    const stats = lstatSync(join(root, at), { throwIfNoEntry: false });
    if (stats === undefined) {
      if (at.includes('\uFFFD')) throw notText(at);
      return; // Removed since its directory was read.
    }
    const takenByFilter = below === '' || filter.takes(below);
    const taken = (at === '' || selection.takes(at)) && takenByFilter;
    if (!stats.isDirectory()) {
      if (taken) yield { path: at, below, stats, taken };
      return;
    }
    if (!taken && at !== '' && !selection.takes(at) && !selection.descends(at)) return;
    if (!takenByFilter && !filter.descends(below)) return;
    yield { path: at, below, stats, taken };
    for (const name of readdirSync(join(root, at)).toSorted())
      yield* visit(at === '' ? name : `${at}/${name}`, below === '' ? name : `${below}/${name}`);
  }
  yield* visit(path, '');
}
