import { chmodSync, chownSync, closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { sha256, usageError, type Json, type SourcePlace } from '../core/index.ts';
import type { AddInstruction, CopyInstruction, Stage, WorkdirInstruction } from '../dockerfile/index.ts';
import { lookUpGroup, lookUpUser, mountOverlay, resolveInRoot, unmount } from '../sandbox/index.ts';
import { unsupported, type BuildInProgress, type Step } from './step.ts';
import type { Layer, StepResult } from './cache.ts';
import { copyInto, type CopySource } from './copy.ts';
import { everything, matchSources, sourcesDigest, type Selection } from './copy-sources.ts';
import { finishLayer, type FinishedLayer } from './finish-layer.ts';
import { lowerDirectories, withView } from './layers.ts';
import { absolutePath, texts, type StageSettings } from './metadata.ts';
import { stepResult } from './step-result.ts';

/** WORKDIR: the directory is made, owned by the stage's user, where it is not there. */
export async function workdirStep(
  builder: BuildInProgress,
  step: Step,
  instruction: WorkdirInstruction,
  settings: StageSettings,
  layers: readonly Layer[],
): Promise<StepResult> {
  const path = absolutePath(settings.container, settings.scope.expand(instruction.path)).replace(
    /(?<=.)\/$/,
    '',
  );
  settings.container = { ...settings.container, WorkingDir: path };
  const user = settings.container.User ?? '';
  const facts: Json = { path, user };
  return stepResult(builder, step, layers, facts, async work => {
    const finished = await changeFiles(builder, layers, work, async (root, view) => {
      const { uid, gid } = lookUpUser(view, user);
      let current = '';
      for (const name of resolveInRoot(root, path).split('/')) {
        if (name === '') continue;
        current += `/${name}`;
        makeDirectory(root + current, uid, gid);
      }
    });
    return { ...finished, facts };
  });
}

function makeDirectory(path: string, uid: number, gid: number): void {
  try {
    mkdirSync(path, 0o755);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
  chmodSync(path, 0o755);
  chownSync(path, uid, gid);
}

/** COPY, and ADD of local files that are no archives. */
export async function copyStep(
  builder: BuildInProgress,
  stage: Stage,
  step: Step,
  instruction: CopyInstruction | AddInstruction,
  settings: StageSettings,
  layers: readonly Layer[],
): Promise<StepResult> {
  refuseUnsupported(instruction, step.where);
  const { scope, container } = settings;
  const { project, ledger } = builder.input;
  const sources = texts(scope, instruction.sources);
  const target = absolutePath(container, scope.expand(instruction.destination));
  const owner = instruction.chown && scope.expand(instruction.chown);
  const mode = instruction.chmod && octalMode(scope.expand(instruction.chmod), step.where);
  const files = instruction.files.map(({ path, content, expand }) => ({
    path,
    content: expand ? scope.expandHeredoc(content.text, step.where) : content.text,
  }));
  if (sources.length + files.length > 1 && !target.endsWith('/')) throw notADirectory(target, step.where);
  const from = instruction.keyword === 'COPY' ? instruction.from?.text : undefined;
  const sourceLayers = from === undefined ? undefined : await builder.layersOf(stage, from, step.where);
  const selection: Selection =
    from === undefined
      ? {
          takes: path => path !== project.lockName && !project.ignore.matches(path),
          descends: path => project.ignore.mayHoldUnignored(path),
        }
      : everything;

  let facts: Json;
  let matched: CopySource[] = [];
  if (sourceLayers) {
    facts = { from: sourceLayers.map(({ diffId }) => diffId), sources };
  } else {
    matched = matchSources(project.context, sources, selection, step.where);
    if (instruction.keyword === 'ADD') refuseArchives(matched, step.where);
    const digest = await sourcesDigest(matched, selection);
    builder.contextParts.set(step.id, digest);
    facts = { context: digest };
  }
  const all: Json = { facts, target, owner: owner ?? null, mode: mode ?? null, files };
  return stepResult(builder, step, layers, all, async work => {
    const inline = await writeInline(work, files);
    const copy = (found: readonly CopySource[], root: string, view: string, metadata: 'context' | 'image') =>
      copyInto({
        sources: [...found, ...(metadata === 'context' ? inline : [])],
        selection,
        targetRoot: root,
        target,
        owner: owner === undefined ? undefined : ownerOf(view, owner),
        mode,
        metadata,
        sourceDate: ledger.sourceDate,
        where: step.where,
      });
    const finished = await changeFiles(builder, layers, work, async (root, view) => {
      if (!sourceLayers) return copy(matched, root, view, 'context');
      const lowers = await lowerDirectories(sourceLayers, builder.runtime);
      const place = await mkdtemp(join(work, 'from-'));
      return withView(lowers, place, source =>
        copy(matchSources(source, sources, everything, step.where), root, view, 'image'),
      );
    });
    return { ...finished, facts: all };
  });
}

/** Runs `change` on the merged root file system and makes a layer of what it did. */
async function changeFiles(
  builder: BuildInProgress,
  layers: readonly Layer[],
  work: string,
  change: (root: string, view: string) => Promise<void>,
): Promise<FinishedLayer> {
  const lowers = await lowerDirectories(layers, builder.runtime);
  const [upper, overlayWork, root] = ['upper', 'overlay-work', 'root'].map(name => join(work, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [upper, overlayWork, root]) await mkdir(directory, { mode: 0o755 });
  return withView(lowers, work, async view => {
    await mountOverlay({ lowers, upper, work: overlayWork, target: root, volatile: true });
    try {
      await change(root, view);
    } finally {
      await unmount(root);
    }
    return finishLayer(builder, upper, lowers.length === 0 ? undefined : view, { injected: [] });
  });
}

/** Heredocs of a COPY as files of a directory that is copied from like the context. */
async function writeInline(
  work: string,
  files: readonly { path: string; content: string }[],
): Promise<CopySource[]> {
  const root = join(work, 'inline');
  for (const { path, content } of files) {
    await mkdir(dirname(join(root, posix.resolve('/', path))), { recursive: true });
    await writeFile(join(root, posix.resolve('/', path)), content);
  }
  return files.map(({ path }) => ({ root, path: posix.resolve('/', path).slice(1) }));
}

/** `user[:group]`, by name or number, looked up in the image that is copied into; a user alone is its own group. */
function ownerOf(view: string, text: string): { uid: number; gid: number } {
  const [user = '', group] = text.split(':', 2);
  const { uid, gid } = lookUpUser(view, user);
  if (group !== undefined && group !== '') return { uid, gid: lookUpGroup(view, group) };
  return { uid, gid: /^\d+$/.test(user) ? uid : gid };
}

function octalMode(text: string, where: SourcePlace): number {
  if (/^0?[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8);
  throw unsupported(`--chmod=${text}: a mode that is not octal`, where);
}

function refuseUnsupported(instruction: CopyInstruction | AddInstruction, where: SourcePlace): void {
  if (instruction.link) throw unsupported(`${instruction.keyword} --link`, where);
  if (instruction.exclude.length > 0) throw unsupported(`${instruction.keyword} --exclude`, where);
  if (instruction.keyword === 'COPY') {
    if (instruction.parents) throw unsupported('COPY --parents', where);
    return;
  }
  if (instruction.checksum || instruction.keepGitDir !== undefined || instruction.unpack !== undefined) {
    throw unsupported('ADD --checksum, --keep-git-dir and --unpack', where);
  }
  const remote = instruction.sources.find(({ text }) => /^(?:[a-z]+:\/\/|git@)/i.test(text));
  if (remote) throw unsupported(`ADD of a URL (${remote.text.slice(0, 80)})`, where);
}

/** How archives begin that ADD unpacks (Dockerfile reference, ADD): gzip, bzip2, xz, zstd. */
const archiveStarts = ['1f8b', '425a68', 'fd377a585a00', '28b52ffd'];

/** ADD unpacks archives, told by their first bytes; copying one as it is would be another build. */
function refuseArchives(sources: readonly CopySource[], where: SourcePlace): void {
  for (const { root, path } of sources) {
    if (!statSync(join(root, path)).isFile()) continue;
    const start = Buffer.alloc(262);
    const file = openSync(join(root, path), 'r');
    const length = readSync(file, start);
    closeSync(file);
    const hex = start.toString('hex', 0, length);
    const isTar = start.toString('latin1', 257, 262) === 'ustar';
    if (isTar || archiveStarts.some(begin => hex.startsWith(begin)))
      throw unsupported(`ADD of the archive ${path}`, where);
  }
}

function notADirectory(target: string, where: SourcePlace) {
  return usageError('COPY_TARGET', `several sources cannot be copied to one file, ${target}`, {
    next: 'End the destination with a slash.',
    where,
  });
}

export const contextDigest = (parts: ReadonlyMap<string, string>) =>
  sha256(
    [...parts]
      .map(([step, digest]) => `${step} ${digest}\n`)
      .toSorted()
      .join(''),
  );
