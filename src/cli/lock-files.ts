import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { staleError, usageError } from '../core/index.ts';

const lockName = 'holdfast.lock';
const passedOver = new Set(['.git', 'node_modules']);
const deepest = 12;

/**
 * The locks that paths name: a lock itself, or those in and below a directory.
 * @throws HoldfastError LOCK_MISSING (exit 3), OUTDATED_PATH (exit 2)
 */
export function lockFilesAt(paths: readonly string[]): string[] {
  const found = paths.flatMap(path => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined)
      throw usageError('OUTDATED_PATH', `${path} is not there`, {
        next: 'Name a lock, or a directory that holds some.',
      });
    return stat.isDirectory() ? locksBelow(path, 0) : [path];
  });
  if (found.length > 0) return [...new Set(found)];
  throw staleError('LOCK_MISSING', `there is no ${lockName} in ${paths.join(', ')}`, {
    next: 'Run `holdfast lock` first.',
  });
}

function locksBelow(directory: string, depth: number): string[] {
  if (depth > deepest) return [];
  return readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      if (entry.isFile()) return entry.name === lockName ? [join(directory, entry.name)] : [];
      return entry.isDirectory() && !passedOver.has(entry.name)
        ? locksBelow(join(directory, entry.name), depth + 1)
        : [];
    });
}
