import { counted } from '../core/index.ts';
import { posix } from 'node:path';
import { isFollowed, type Edit, type Run, type RunInStage } from '../check/index.ts';
import {
  constraints,
  hashedRequirements,
  isPlainRequirement,
  pipInstall,
  type PipInstall,
} from '../kinds/pins/index.ts';
import type { Changes } from './changes.ts';
import type { LockedPackage, LockedStep } from './locked-steps.ts';
import { isWrittenHere, wordRemoval } from './placing.ts';
import type { PinRequest, WrittenFile } from './result.ts';

const hashedName = /^(?:.*\/)?([^/]*holdfast-requirements(?:-\d+)?\.txt)$/;
const constraintsName = /(^|\/)[^/]*holdfast-constraints(-\d+)?\.txt$/;

type Work = Pick<PinRequest, 'text' | 'context'> & { readonly changes: Changes };

/**
 * Gives pip a file beside the Dockerfile that says what the lock holds: of everything that a step installs, its hashes,
 * or where pip cannot be told all by hashes its versions.
 * @returns how: by hashes the names in the commands are of no matter any more
 */
export function pinRequirements(
  place: RunInStage,
  step: LockedStep,
  work: Work,
): 'hashed' | 'constrained' | 'none' {
  const { run } = place;
  const commands = run.invocations.flatMap(invocation => {
    const given = pipInstall(invocation);
    return given === undefined || !isWrittenHere(invocation, run, work.text) ? [] : [given];
  });
  const [first, ...more] = commands;
  const files = step.packages('pypi').filter(isWritable);
  if (first === undefined || files.length === 0) return 'none';
  const isAll = more.length === 0 && installersIn(run) === 1;
  if (isAll && first.isHashed) {
    renew(first, files, work);
    return 'hashed';
  }
  if (commands.some(({ isHashed }) => isHashed)) return 'none';
  const canHash = isAll && isWholeByHash(files, step) && isPlain(first, place, work);
  if (canHash && hash(first, files, place, work)) return 'hashed';
  return constrain(commands, files, place, work) ? 'constrained' : 'none';
}

/** A lock is only text: what stands in a requirements file is read by pip line by line, options included. */
function isWritable({ name, version, sha256 }: LockedPackage): boolean {
  return /^\w[\w.-]*$/.test(name) && /^\w[\w.!+-]*$/.test(version) && /^[0-9a-f]{64}$/.test(sha256);
}

function installersIn({ requests }: Run): number {
  const installing = requests.filter(
    ({ ecosystem, action }) => ecosystem === 'pypi' && (action === 'install' || action === 'restore'),
  );
  return new Set(installing.map(({ invocation }) => invocation)).size;
}

/** Wheels alone, since what an sdist is built with is not told apart from what is installed; each in one version. */
function isWholeByHash(files: readonly LockedPackage[], step: LockedStep): boolean {
  return (
    step.isSameEverywhere('pypi') &&
    files.every(({ url }) => /\.whl([?#]|$)/.test(url)) &&
    onceNamed(files).length === files.length
  );
}

/** The files of packages that the lock has in one version. */
function onceNamed(files: readonly LockedPackage[]): LockedPackage[] {
  return files.filter(({ name, version }) =>
    files.every(other => other.name !== name || other.version === version),
  );
}

/** Whether all that the command asks for has a name in an index. */
function isPlain(given: PipInstall, place: RunInStage, work: Work): boolean {
  const { operands, files, isEditable } = given;
  if (isEditable || given.constraints.length > 0) return false;
  const words = [...operands, ...files.flatMap(file => file.words)];
  if (words.some(({ known, word }) => !known || isFollowed(word.range))) return false;
  return (
    operands.every(({ text }) => isPlainRequirement(text) && !/[/#]|\.(whl|zip|gz)$/.test(text)) &&
    files.every(({ path }) => fileLines(path, place, work)?.every(isPlainRequirement) === true)
  );
}

/** The lines of a file that the image has from the context, continuations joined. */
function fileLines(path: string, { stage, step }: RunInStage, { context }: Work): string[] | undefined {
  const inImage = posix.resolve(step.workdir, path);
  for (const candidate of stage.copied.candidates(inImage)) {
    const bytes = context.isIgnored(candidate) ? undefined : context.read(candidate);
    if (bytes !== undefined)
      return bytes
        .toString()
        .replaceAll(/\\\r?\n/g, ' ')
        .split(/\r?\n/);
  }
  return undefined;
}

function hash(given: PipInstall, files: readonly LockedPackage[], place: RunInStage, work: Work): boolean {
  const { text, changes } = work;
  const file = newFile('holdfast-requirements', hashedText(files), work);
  if (file === undefined) return false;
  const groups = [...given.operands.map(one => [one]), ...given.files.map(({ words }) => words)].toSorted(
    ([a], [b]) => (a?.word.range.start ?? 0) - (b?.word.range.start ?? 0),
  );
  const target = `/tmp/${posix.basename(file.path)}`;
  const edits = groups.flatMap((words, n): Edit[] => {
    const [first, last = first] = [words[0], words.at(-1)];
    if (first === undefined || last === undefined) return [];
    const { end } = last.word.range;
    if (n > 0) return [{ ...wordRemoval(first, text), end }];
    return [{ start: first.word.range.start, end, text: `--require-hashes -r ${target}` }];
  });
  const pins = files.map(({ name, version }) => ({
    kind: 'package' as const,
    range: given.command.word.range,
    what: `${name}==${version}`,
  }));
  const copies = [{ before: place.step.instruction, from: file.path, to: target }];
  changes.add({ edits: onePerPlace(edits), pins, files: [file], copies });
  return true;
}

/** A variable's words stand in one place. */
function onePerPlace(edits: readonly Edit[]): Edit[] {
  return [...new Map(edits.map(edit => [edit.end, edit])).values()];
}

function hashedText(files: readonly LockedPackage[]): string {
  return `# Written by \`holdfast pin\` from holdfast.lock.\n${hashedRequirements(files)}`;
}

/** A file that is there from an earlier pin follows the lock. */
function renew({ files: given }: PipInstall, files: readonly LockedPackage[], work: Work): void {
  const [only, ...others] = given;
  const name = hashedName.exec(only?.path ?? '')?.[1];
  if (name !== undefined && others.length === 0)
    work.changes.add({
      edits: [],
      pins: [],
      files: [fileOf(posix.join(work.context.directory, name), hashedText(files))],
    });
}

function constrain(
  commands: readonly PipInstall[],
  files: readonly LockedPackage[],
  place: RunInStage,
  work: Work,
): boolean {
  const open = commands.filter(one => !one.constraints.some(path => constraintsName.test(path)));
  const known = onceNamed(files);
  if (open.length === 0) return true;
  if (known.length === 0) return false;
  const body = `# Written by \`holdfast pin\` from holdfast.lock.\n${constraints(known)}`;
  const file = newFile('holdfast-constraints', body, work);
  if (file === undefined) return false;
  const target = `/tmp/${posix.basename(file.path)}`;
  const edits = open.map(({ command }) => {
    const { end } = command.word.range;
    return { start: end, end, text: ` -c ${target}` };
  });
  const range = open[0]?.command.word.range ?? place.run.instruction.range;
  work.changes.add({
    edits,
    pins: [{ kind: 'package', range, what: `${counted(known.length, 'package')} by ${file.path}` }],
    files: [file],
    copies: [{ before: place.step.instruction, from: file.path, to: target }],
  });
  work.changes.leave(
    'NO_FORM',
    range,
    'the hashes of Python packages',
    'what is built here, or asked for by more than names, cannot be told by hashes: the versions are pinned',
  );
  return true;
}

/** A file beside the Dockerfile whose name nobody has, unless .dockerignore keeps it from being copied. */
function newFile(stem: string, body: string, { text, context, changes }: Work): WrittenFile | undefined {
  const taken = new Set(changes.files.map(({ path }) => path));
  for (let n = 1; n < 1000; n++) {
    const name = `${context.prefix}${stem}${n === 1 ? '' : `-${n}`}.txt`;
    const path = posix.join(context.directory, name);
    if (context.isIgnored(path)) return undefined;
    if (taken.has(path) || text.includes(name)) continue;
    const there = context.read(path);
    if (there === undefined || there.toString().startsWith('# Written by `holdfast pin`'))
      return fileOf(path, body);
  }
  return undefined;
}

function fileOf(path: string, body: string): WrittenFile {
  return { path, bytes: Buffer.from(body), vendored: false };
}
