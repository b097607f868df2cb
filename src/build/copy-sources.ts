import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readFileSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  canonicalJson,
  sha256,
  usageError,
  type Digest,
  type Json,
  type SourcePlace,
} from '../core/index.ts';
import { goMatch } from '../dockerfile/index.ts';
import { resolveInRoot } from '../sandbox/index.ts';
import { contextMode, type CopySource } from './copy.ts';

/** Which paths of a source tree are copied. */
export interface Selection {
  /** Whether the file or directory at `path` is copied. */
  takes(path: string): boolean;
  /** Whether anything below the directory `path` may be, if it is not taken itself. */
  descends(path: string): boolean;
}

export const everything: Selection = { takes: () => true, descends: () => true };

/**
 * The files and directories below `root` that the patterns of a COPY name, in the order of the patterns. Links in
 * a path are followed inside `root` and never out of it; a pattern's wildcards are those of Go's filepath.Match.
 * @throws HoldfastError COPY_SOURCE_MISSING (exit 2)
 */
export function matchSources(
  root: string,
  patterns: readonly string[],
  selection: Selection,
  where: SourcePlace,
): CopySource[] {
  return patterns.flatMap(pattern => {
    const clean = cleaned(pattern);
    const paths = /[*?[\\]/.test(clean) ? wildcardMatches(root, clean) : [clean];
    const found = paths.flatMap(path => {
      const resolved = resolveInRoot(root, `/${path}`).slice(1);
      const stats = lstatSync(join(root, resolved), { throwIfNoEntry: false });
      if (!stats || !(stats.isDirectory() || selection.takes(path))) return [];
      return [{ root, path: resolved }];
    });
    if (found.length === 0) throw missing(root, pattern, clean, where);
    return found;
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

/** The digest of what a COPY from the context brings: names, contents, links and the one bit of mode that counts. */
export async function sourcesDigest(sources: readonly CopySource[], selection: Selection): Promise<Digest> {
  const entries: Json[] = [];
  const visit = async (root: string, path: string, name: string): Promise<void> => {
    const absolute = join(root, path);
    const stats = lstatSync(absolute);
    const taken = path === '' || selection.takes(path);
    if (taken) entries.push([name, ...(await entryFacts(absolute, stats))]);
    if (!stats.isDirectory() || !(taken || selection.descends(path))) return;
    for (const child of readdirSync(absolute).toSorted()) {
      await visit(root, path === '' ? child : `${path}/${child}`, `${name}/${child}`);
    }
  };
  for (const [n, { root, path }] of sources.entries()) await visit(root, path, `${n}:${path}`);
  return sha256(canonicalJson(entries));
}

/** Bytes. */
const smallFile = 4 * 1024 * 1024;

async function entryFacts(absolute: string, stats: Stats): Promise<Json[]> {
  if (stats.isSymbolicLink()) return ['link', readlinkSync(absolute)];
  if (stats.isDirectory()) return ['directory'];
  if (!stats.isFile()) return ['other'];
  const hash = createHash('sha256');
  // A stream costs about a millisecond, which thousands of small files would add up to seconds.
  if (stats.size <= smallFile) hash.update(readFileSync(absolute));
  else await pipeline(createReadStream(absolute), hash);
  return ['file', contextMode(stats), hash.digest('hex')];
}
