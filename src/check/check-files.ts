import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkText } from './check-text.ts';
import type { FileResult } from './finding.ts';
import type { LockedInputs } from './locked-inputs.ts';
import { readText } from './read-text.ts';
import type { RuleContext } from './rule.ts';
import type { CheckSettings } from './settings.ts';

/** What rules may know of a Dockerfile's surroundings. */
export function contextOf(path: string, locked?: LockedInputs): RuleContext {
  const directory = dirname(path);
  return {
    hasFile: name => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true,
    ...(locked && { locked }),
  };
}

/**
 * Checks files one after the other.
 * @param nameOf gives a path's name for people.
 */
export async function checkFiles(
  paths: readonly string[],
  settings: CheckSettings,
  nameOf: (path: string) => string,
  lockedFor: (path: string) => Promise<LockedInputs | undefined>,
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const path of paths) {
    const file = nameOf(path);
    const read = readText(path);
    results.push(
      'unread' in read
        ? { file, findings: [], unread: [{ reason: read.unread }] }
        : checkText(read.text, file, settings, contextOf(path, await lockedFor(path))),
    );
  }
  return results;
}
