import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { checkText } from './check-text.ts';
import type { FileResult } from './finding.ts';
import type { LockedInputs } from './locked-inputs.ts';
import { readLockedInputs } from './project.ts';
import { readText } from './read-text.ts';
import type { RuleContext } from './rule.ts';
import type { CheckSettings } from './settings.ts';

/** A Dockerfile's path, and its name for people. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
}

/** A share of the work, as it is handed to a worker. */
export interface Share {
  readonly files: readonly NamedFile[];
  readonly settings: CheckSettings;
}

/** What rules may know of a Dockerfile's surroundings. */
export function contextOf(path: string, locked?: LockedInputs): RuleContext {
  const directory = dirname(path);
  return {
    hasFile: name => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true,
    ...(locked && { locked }),
  };
}

/** Fewer files than this are done before a worker has started. */
const worthAWorker = 400;
/** More threads wait for each other's memory rather than for a processor. */
const mostThreads = 4;

/**
 * Checks files, many of them in several threads. The results are in the order of the files.
 * @throws HoldfastError as `parseLock` does, for a lock beside a file
 */
export async function checkFiles(
  files: readonly NamedFile[],
  settings: CheckSettings,
): Promise<FileResult[]> {
  const threads = files.length < worthAWorker ? 1 : Math.min(availableParallelism(), mostThreads);
  if (threads === 1) return checkShare({ files, settings });
  const shares = Array.from({ length: threads }, (_, thread) => ({
    files: files.filter((_file, index) => index % threads === thread),
    settings,
  }));
  const [own, ...others] = shares;
  const elsewhere = others.map(share => checkedByWorker(share));
  const results = [await checkShare(own ?? { files: [], settings }), ...(await Promise.all(elsewhere))];
  return files.flatMap((_, index) => results[index % threads]?.[Math.floor(index / threads)] ?? []);
}

/** One after the other, in this thread. */
export async function checkShare({ files, settings }: Share): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const { path, name } of files) {
    const read = readText(path);
    if ('unread' in read) {
      results.push({ file: name, findings: [], unread: [{ reason: read.unread }] });
      continue;
    }
    const locked = await readLockedInputs(path);
    results.push(checkText(read.text, name, settings, contextOf(path, locked)));
  }
  return results;
}

/** Compiled, the worker is a .js file beside this one; run from source, a .ts file. */
async function checkedByWorker(share: Share): Promise<FileResult[]> {
  const { Worker } = await import('node:worker_threads');
  const worker = new Worker(new URL(`./check-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: share,
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  return new Promise((done, failed) => {
    worker.once('message', (results: FileResult[]) => done(results));
    worker.once('error', failed);
  });
}
