import { lstatSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { readText } from '../check/index.ts';
import { counted, exitCodes, usageError } from '../core/index.ts';
import {
  contextOf,
  frontendDigest,
  lockedProject,
  pinDockerfile,
  refreshedScripts,
  sourcePolicy,
  takesFile,
  type LockedProject,
  type PinRequest,
  type PinResult,
} from '../pin/index.ts';
import { printable, unifiedDiff } from '../report/index.ts';
import type { Project } from '../build/index.ts';
import { printResult, projectFrom, runBuild, scratch, type ProjectOptions } from './common.ts';
import { lockDate } from './lock-date.ts';

export interface PinningOptions extends ProjectOptions {
  readonly output?: string;
  readonly dryRun?: boolean;
  readonly check?: boolean;
}

/** A file as it is and as it shall be. */
interface Output {
  /** Absolute. */
  readonly path: string;
  /** From here. */
  readonly name: string;
  readonly before: Buffer | undefined;
  readonly after: Buffer;
  readonly vendored: boolean;
}

/** Writes a Dockerfile with its pins, or scripts in place of downloads, or tells what would be written. */
export async function pinProject(
  directory: string,
  options: PinningOptions,
  what: Pick<PinRequest, 'pins' | 'vendored'> & { readonly asksRegistry?: boolean },
): Promise<void> {
  const { pins, vendored, asksRegistry = false } = what;
  const project = await projectFrom(directory, options);
  const path = pathOf(project);
  const { text, encoding } = textAt(path);
  const { result, locked } = await runBuild(options, async runtime => {
    const found = await lockedProject(project, runtime);
    const asking = asksRegistry ? { frontendDigest: frontendDigest(runtime) } : {};
    const request = { ...found.request, ...asking, pins, vendored, text };
    return { locked: told(found), result: await pinDockerfile(request) };
  });
  const target = options.output === undefined ? path : resolve(options.output);
  const files = result.files.map(file =>
    outputFor(pathIn(project.context, file.path), file.bytes, file.vendored),
  );
  const written = outputFor(target, Buffer.from(result.text, encoding), false);
  const isTaken = options.output !== undefined && isInContext(target, project, text);
  finish([...files, written], options, { ...result, ...locked, ...(isTaken && { taken: written }) });
}

/** Whether a file is of the build context, and taken by a step, so that a lock from before it is of another image. */
function isInContext(path: string, { context, dockerfileName, ignore }: Project, text: string): boolean {
  const inside = relative(context, path).split(sep).join('/');
  if (inside.startsWith('..') || ignore.matches(inside)) return false;
  return takesFile(text, dockerfileName, inside);
}

/** Takes the scripts that were vendored before from where they came from, as they are there now. */
export async function refreshScripts(directory: string, options: PinningOptions): Promise<void> {
  const project = await projectFrom(directory, options);
  const { text } = textAt(pathOf(project));
  const context = contextOf(project);
  const file = project.dockerfileName;
  const asOf = lockDate(process.env, new Date());
  const files = await runBuild(options, async runtime =>
    refreshedScripts({ text, file, context, asOf }, runtime, await scratch()),
  );
  const outputs = files.map(one => outputFor(pathIn(project.context, one.path), one.bytes, one.vendored));
  finish(outputs, options, { file, pins: [], unpinned: [] });
}

/** Writes a source policy for BuildKit, and leaves the Dockerfile alone. */
export async function writeSourcePolicy(
  directory: string,
  options: PinningOptions & { readonly sourcePolicy: string },
): Promise<void> {
  const project = await projectFrom(directory, options);
  const { text } = textAt(pathOf(project));
  const { policy, locked } = await runBuild(options, async runtime => {
    const found = await lockedProject(project, runtime);
    return { locked: told(found), policy: await sourcePolicy({ ...found.request, text }) };
  });
  const bytes = Buffer.from(`${JSON.stringify(policy, undefined, 2)}\n`);
  if (options.sourcePolicy === '-') return void process.stdout.write(bytes);
  finish([outputFor(resolve(options.sourcePolicy), bytes, false)], options, {
    pins: [],
    unpinned: [],
    ...locked,
  });
}

/** @throws HoldfastError PIN_NO_FILE (exit 2) */
function pathOf(project: Project): string {
  const { context, dockerfileName, fetched, lockKept } = project;
  if (dockerfileName !== '-' && fetched === undefined && lockKept) return resolve(context, dockerfileName);
  throw usageError('PIN_NO_FILE', 'the Dockerfile is no file of this machine that could be changed', {
    next: 'Name the directory that holds it.',
  });
}

/** @throws HoldfastError PIN_LINK (exit 2) where a link in the context leads the file out of it */
function pathIn(context: string, file: string): string {
  const path = join(context, ...file.split(posix.sep));
  let there = path;
  while (lstatSync(there, { throwIfNoEntry: false }) === undefined) there = dirname(there);
  const root = realpathSync(context);
  const real = statSync(there, { throwIfNoEntry: false }) && realpathSync(there);
  if (real !== undefined && (real === root || real.startsWith(root + sep))) return path;
  throw usageError('PIN_LINK', `${file} would be written out of the build context, where a link leads`, {
    next: 'Remove the link.',
  });
}

/** @throws HoldfastError PIN_UNREADABLE (exit 2) */
function textAt(path: string): { readonly text: string; readonly encoding: 'utf8' | 'latin1' } {
  const read = readText(path);
  if (!('unread' in read)) return read;
  throw usageError('PIN_UNREADABLE', `${path} cannot be pinned: ${read.unread}`, {
    next: 'Give it as text in UTF-8.',
  });
}

function outputFor(path: string, after: Buffer, vendored: boolean): Output {
  const read = readText(path);
  const before = 'unread' in read ? undefined : Buffer.from(read.text, read.encoding);
  const name = (relative('.', path) || path).split(sep).join('/');
  return { path, name, before, after, vendored };
}

type Told = Pick<PinResult, 'pins' | 'unpinned'> & {
  /** The Dockerfile's name. */
  readonly file: string;
  readonly stale?: LockedProject['stale'];
  /** What is written into the build context, where steps take it. */
  readonly taken?: Output;
};

function told({ request, stale }: LockedProject): Pick<Told, 'file' | 'stale'> {
  return { file: request.file, stale };
}

/** Writes what is another than it is, and prints it, as the options ask. */
function finish(outputs: readonly Output[], options: PinningOptions, facts: Told): void {
  const { check = false, dryRun = false } = options;
  const { pins, unpinned, file, stale, taken } = facts;
  const changed = outputs.filter(({ before, after }) => before === undefined || !before.equals(after));
  const unknown = unpinned.some(({ code }) => code === 'NOT_LOCKED');
  if (check && changed.length === 0 && unknown && stale) throw stale;
  const writes = !check && !dryRun;
  const isNew = taken !== undefined && changed.includes(taken);
  if (writes) changed.forEach(write);
  if (check && changed.length > 0) process.exitCode = exitCodes.findings;
  const place = ({ range }: PinResult['pins'][number] | PinResult['unpinned'][number]) => ({
    line: range.line,
    column: range.column,
  });
  // Of what is written without a question, a changed script is what somebody must read.
  const shown = changed.filter(({ vendored, before }) => !writes || (vendored && before !== undefined));
  const json = {
    dockerfile: file,
    written: writes ? changed.map(({ name }) => name) : [],
    changed: changed.map(({ name }) => name),
    ...(isNew && { taken: taken.name }),
    pins: pins.map(one => ({ kind: one.kind, ...place(one), what: one.what })),
    unpinned: unpinned.map(one => ({ code: one.code, ...place(one), what: one.what, why: one.why })),
  };
  const lines = [
    ...shown.map(diffOf),
    ...pins.map(({ kind, range, what }) => `${file}:${range.line}  ${kind}  ${printable(what)}`),
    ...(unpinned.length === 0 ? [] : ['not pinned:']),
    ...unpinned.map(({ range, what, why }) => `${file}:${range.line}  ${printable(what)}: ${printable(why)}`),
    ...(isNew ? [takenText(taken)] : []),
    `${counted(pins.length, 'pin')}, ${unpinned.length} not pinned; ${stateText(changed, options)}`,
  ];
  printResult(options, json, lines.join('\n'));
}

function write({ path, after }: Output): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, after);
}

function takenText({ name }: Output): string {
  return `${printable(name)} is of the build context and a step takes it, so the image is another one: list it in .dockerignore, or run \`holdfast lock\` again`;
}

function diffOf({ name, before, after }: Output): string {
  if (before?.includes(0) === true || after.includes(0)) return `${printable(name)} is another file of bytes`;
  return unifiedDiff(name, before?.toString(), after.toString()).trimEnd();
}

function stateText(changed: readonly Output[], { check = false, dryRun = false }: PinningOptions): string {
  const names = changed.map(({ name }) => printable(name)).join(', ');
  if (names === '') return 'nothing to write';
  if (check) return `${names} would be written anew`;
  return dryRun ? `${names} would be written` : `wrote ${names}`;
}
