import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError, type Json, type SourcePlace } from '../../core/index.ts';
import type { AddInstruction, CopyInstruction, Stage } from '../../dockerfile/index.ts';
import type { SessionResult } from '../../gateway/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import type { Layer, StepResult } from '../cache.ts';
import { exchangesDigest } from '../ledger.ts';
import { absolutePath, texts, type StageSettings } from '../metadata.ts';
import { refuseToRun, stepResult } from '../step-result.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { checkNew } from '../traffic.ts';
import { changeFiles } from './change-files.ts';
import { copyInto } from './copy.ts';
import type { CopyTarget } from './copy-target.ts';
import { parseModeChange } from './file-mode.ts';
import { gitOrigin } from './git-origin.ts';
import { parseGitReference } from './git-reference.ts';
import { contextOrigin, inlineOrigin, layersOrigin, type Request } from './local-origins.ts';
import type { Origin } from './origin.ts';
import { ownerOf } from './owner.ts';
import { urlOrigin } from './url-origin.ts';

type Transfer = CopyInstruction | AddInstruction;

/**
 * COPY and ADD (Dockerfile reference).
 * @throws HoldfastError COPY_TARGET, COPY_SOURCE_MISSING, COPY_CHMOD, COPY_NAME, ADD_CHECKSUM (exit 2), and what its
 *   origins throw
 */
export async function transferStep(
  builder: BuildInProgress,
  stage: Stage,
  step: Step,
  instruction: Transfer,
  settings: StageSettings,
  layers: readonly Layer[],
): Promise<StepResult> {
  refuseToRun(builder, step);
  const { scope, container } = settings;
  const { ledger } = builder.input;
  const target = absolutePath(container, destinationOf(scope.expand(instruction.destination)));
  const owner = instruction.chown && scope.expand(instruction.chown);
  const modeText = instruction.chmod && scope.expand(instruction.chmod);
  const mode = modeText === undefined ? undefined : parseModeChange(modeText, step.where);
  const recorded = ledger.recordedStep(step.id, step.command);
  const { origins, isRemote } = await originsOf(builder, stage, step, instruction, settings, recorded);
  const count = instruction.sources.length + instruction.files.length;
  if (count > 1 && !target.endsWith('/')) throw notADirectory(target, step.where);

  // As in BuildKit, which does so since a mode of its own would have to reach directories of other layers.
  const isLinked = instruction.link && modeText === undefined;
  // What a linked layer holds does not depend on what lies below, unless names are looked up there.
  const below = isLinked && (owner === undefined || /^\d+(?::\d+)?$/.test(owner)) ? [] : layers;
  const factsOf = (traffic: Pick<StepRecording, 'exchanges'> | undefined): Json => ({
    origins: origins.map(({ facts }) => facts),
    target,
    owner: owner ?? null,
    mode: modeText ?? null,
    link: isLinked,
    ...(traffic !== undefined && { exchanges: exchangesDigest(traffic.exchanges) }),
  });
  if (isRemote && recorded) ledger.tookStep({ ...recorded, step: step.id });
  const known = isRemote ? recorded && factsOf(recorded) : factsOf(undefined);
  return stepResult(builder, step, below, known, async work => {
    const taken: SessionResult[] = [];
    const copy = async (root: CopyTarget, view: string) => {
      const ids = owner === undefined ? undefined : ownerOf(view, owner, builder.runtime.note);
      for (const [index, origin] of origins.entries()) {
        const place = join(work, `origin-${index}`);
        await mkdir(place, { recursive: true });
        const result = await origin.provide(place, files =>
          copyInto({
            ...files,
            into: root,
            target,
            owner: ids,
            mode,
            sourceDate: ledger.sourceDate,
            where: step.where,
          }),
        );
        if (result !== undefined) taken.push(result);
      }
    };
    const plans =
      builder.looksAtNoLayerAfter(stage, instruction) && origins.every(({ stays }) => stays === true);
    const finished = await changeFiles(builder, isLinked ? [] : layers, work, copy, plans);
    if (!isRemote) return { ...finished, facts: factsOf(undefined) };
    const exchanges = taken.flatMap(result => result.exchanges);
    const refused = taken.flatMap(result => result.refused);
    for (const notice of taken.flatMap(({ notices }) => notices))
      builder.runtime.note(`${step.name}: ${notice}`);
    await checkNew(builder, exchanges, step);
    const traffic = {
      step: step.id,
      command: step.command,
      exchanges,
      ...(refused.length > 0 && { refused }),
    };
    ledger.tookStep(traffic);
    return { ...finished, facts: factsOf(ledger.mode === 'replay' ? recorded : traffic) };
  });
}

/** What is copied to the working directory itself goes into it, whether a linked layer knows of it or not. */
function destinationOf(text: string): string {
  return /^(?:.*\/)?\.?$/.test(text) ? `${text.replace(/\.$/, '')}./` : text;
}

interface Origins {
  readonly origins: readonly Origin[];
  /** Whether the network is asked. */
  readonly isRemote: boolean;
}

async function originsOf(
  builder: BuildInProgress,
  stage: Stage,
  step: Step,
  instruction: Transfer,
  { scope }: StageSettings,
  recorded: StepRecording | undefined,
): Promise<Origins> {
  const { where } = step;
  const sources = texts(scope, instruction.sources);
  const isAdd = instruction.keyword === 'ADD';
  const remote = sources.filter(isRemoteSource);
  if (!isAdd && remote[0] !== undefined) throw remoteInCopy(remote[0], where);
  const request = (patterns: readonly string[]): Request => ({
    patterns,
    exclude: texts(scope, instruction.exclude),
    parents: instruction.keyword === 'COPY' && instruction.parents,
    unpack: isAdd && (instruction.unpack ?? true),
    where,
  });
  const origins: Origin[] = [];
  if (instruction.keyword === 'COPY' && instruction.from !== undefined) {
    const layers = await builder.layersOf(stage, instruction.from.text, where);
    origins.push(layersOrigin(layers, builder.runtime, request(sources)));
  } else {
    const checksum = isAdd ? instruction.checksum && scope.expand(instruction.checksum) : undefined;
    if (checksum !== undefined && (sources.length > 1 || remote.length === 0)) throw uselessChecksum(where);
    const unpack = isAdd && instruction.unpack === true;
    for (const group of grouped(sources)) {
      const [source = ''] = group;
      if (!isRemoteSource(source))
        origins.push(await fromContext(builder, step, request(group), origins.length));
      else {
        const reference = parseGitReference(source, where);
        const keepGitDir = isAdd ? instruction.keepGitDir : undefined;
        const origin = reference
          ? gitOrigin(builder, step, recorded, { reference, checksum, keepGitDir })
          : urlOrigin(builder, step, recorded, { url: source, checksum, unpack });
        origins.push(origin);
      }
    }
  }
  const files = instruction.files.map(({ path, content, expand }) => ({
    path,
    content: expand ? scope.expandHeredoc(content.text, where) : content.text,
  }));
  if (files.length > 0) origins.push(inlineOrigin(files));
  return { origins, isRemote: isAdd && remote.length > 0 };
}

async function fromContext(
  builder: BuildInProgress,
  step: Step,
  request: Request,
  index: number,
): Promise<Origin> {
  const origin = await contextOrigin(builder.input.project, request);
  builder.contextParts.set(index === 0 ? step.id : `${step.id} source ${index}`, origin.digest);
  return origin;
}

/** Sources in their order: each remote one alone, local ones together. */
function grouped(sources: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (const source of sources) {
    const last = groups.at(-1);
    if (last === undefined || isRemoteSource(source) || isRemoteSource(last[0] ?? '')) groups.push([source]);
    else last.push(source);
  }
  return groups;
}

/** A URL, or a repository as scp(1) writes hosts. */
function isRemoteSource(source: string): boolean {
  return /^[a-z0-9]+:\/\//i.test(source) || /^[\w.-]+@[\w.-]+:/.test(source);
}

function notADirectory(target: string, where: SourcePlace) {
  return usageError('COPY_TARGET', `several sources cannot be copied to one file, ${target}`, {
    next: 'End the destination with a slash.',
    where,
  });
}

function remoteInCopy(source: string, where: SourcePlace) {
  return usageError('COPY_REMOTE', `COPY takes no URL: "${source.slice(0, 80)}"`, {
    next: 'Write ADD instead.',
    where,
  });
}

function uselessChecksum(where: SourcePlace) {
  return usageError('ADD_CHECKSUM', '--checksum needs exactly one source, a URL or a git repository', {
    next: 'Write one ADD for each source.',
    where,
  });
}
