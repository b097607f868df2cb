import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

interface Semver {
  compare(a: string, b: string): number;
  valid(text: string): string | null;
  prerelease(text: string): unknown[] | null;
  satisfies(version: string, range: string, options?: { includePrerelease: boolean }): boolean;
}

/** The semver of npm itself, which is the order that registries and clients go by; nothing where there is no npm. */
export function semverOfNpm(): Semver | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      const program = realpathSync(join(directory, 'npm'));
      return createRequire(program)('semver') as Semver;
    } catch {
      // There may be another one further down the path.
    }
  }
  console.warn("skipped: npm's own semver is not here");
  return undefined;
}
