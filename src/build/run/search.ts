import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileHolds } from '../../image/index.ts';

/** Whether any file below a directory holds any of the byte sequences. */
export function holdsAny(directory: string, patterns: readonly Buffer[]): boolean {
  if (patterns.length === 0) return false;
  return readdirSync(directory).some(name => {
    const path = join(directory, name);
    const stats = lstatSync(path);
    if (stats.isDirectory()) return holdsAny(path, patterns);
    return stats.isFile() && fileHolds(path, patterns);
  });
}
