import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { collectEarly, workerResult } from '../core/index.ts';
import { checkText } from './check-text.ts';
import { isComposeFile } from './discover.ts';
import type { FileResult } from './finding.ts';
import type { ReadContextFile } from './followed-scripts.ts';
import type { LockedInputs } from './locked-inputs.ts';
import { readLockedInputs, type LocksAbove } from './project.ts';
import { readText } from './read-text.ts';
import type { RuleContext } from './rule.ts';
import type { CheckSettings } from './settings.ts';

/** A Dockerfile's path, and its name for people. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
}

/** The work, as it is handed to each thread. */
export interface Work {
  readonly files: readonly NamedFile[];
  readonly settings: CheckSettings;
  /** One number that all threads see: the index of the next file that nobody has taken. */
  readonly next: SharedArrayBuffer;
}

/** Results with the indices of their files. */
export type Done = readonly (readonly [index: number, result: FileResult])[];

/** What rules may know of a Dockerfile's surroundings. */
export function contextOf(path: string, locked?: LockedInputs): RuleContext {
  const directory = dirname(path);
  return {
    hasFile: name => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true,
    readFile: scriptsIn([directory, '.']),
    ...(locked && { locked }),
  };
}

/** Longer files are no scripts that people write. */
const longestScript = 128 * 1024;

/** Reads scripts of a build context that is one of these directories, the likeliest first. */
export function scriptsIn(directories: readonly string[]): ReadContextFile {
  return name => {
    for (const directory of directories) {
      const text = scriptIn(directory, name);
      if (text !== undefined) return text;
    }
    return undefined;
  };
}

function scriptIn(directory: string, name: string): string | undefined {
  const path = join(directory, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > longestScript) return undefined;
  const read = readText(path);
  return 'text' in read && !read.text.includes('\0') ? read.text : undefined;
}

/** Fewer files than this are done before a worker has started. */
const worthAWorker = 400;
/** More threads wait for each other's memory rather than for a processor. */
const mostThreads = 4;

/** Files that a thread takes at once. */
const handful = 16;

/**
 * Checks files, many of them in several threads. The results are in the order of the files.
 * @throws HoldfastError as `parseLock` does, for a lock beside a file
 */
export async function checkFiles(
  files: readonly NamedFile[],
  settings: CheckSettings,
): Promise<FileResult[]> {
  const work: Work = { files, settings, next: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
  const threads = files.length < worthAWorker ? 1 : Math.min(availableParallelism(), mostThreads);
  if (threads > 1) collectEarly();
  const elsewhere = Array.from({ length: threads - 1 }, () =>
    workerResult<Done>('check-worker', import.meta.url, work),
  );
  const done = [await doneHere(work), ...(await Promise.all(elsewhere))].flat();
  return done.toSorted(([a], [b]) => a - b).map(([, result]) => result);
}

/** What this thread gets done until all files are taken. */
export async function doneHere({ files, settings, next }: Work): Promise<Done> {
  const counter = new Int32Array(next);
  const done: [number, FileResult][] = [];
  const above: LocksAbove = new Map();
  for (;;) {
    const from = Atomics.add(counter, 0, handful);
    if (from >= files.length) return done;
    for (const [offset, file] of files.slice(from, from + handful).entries())
      done.push([from + offset, await checkNamed(file, settings, above)]);
  }
}

async function checkNamed(
  { path, name }: NamedFile,
  settings: CheckSettings,
  above: LocksAbove,
): Promise<FileResult> {
  const read = readText(path);
  if ('unread' in read) return { file: name, findings: [], unread: [{ reason: read.unread }] };
  const locked = await readLockedInputs(path, above);
  if (isComposeFile(path)) {
    const { checkCompose } = await import('./compose.ts');
    return checkCompose(read.text, name, settings, contextOf(path, locked), path);
  }
  return checkText(read.text, name, settings, contextOf(path, locked));
}
