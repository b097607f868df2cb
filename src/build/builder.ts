import { hostPlatform, sha256, usageError, type Digest, type SourcePlace } from '../core/index.ts';
import { canonicalInstruction, expandWord, type Instruction, type Stage } from '../dockerfile/index.ts';
import type { ContainerConfig, HistoryEntry } from '../image/index.ts';
import { platformArguments, predefinedArguments } from './dockerfile-arguments.ts';
import { resolveBaseImage, type BaseImage } from './images.ts';
import { applyMetadata, type StageSettings } from './metadata.ts';
import { copyStep, workdirStep } from './file-steps.ts';
import { runStepOf } from './run-step.ts';
import { StageScope, type GlobalScope } from './scope.ts';
import { unsupported, type BuildInProgress, type Step } from './step.ts';
import { findStage, sourceOf, stepId, stepName, targetStage } from './stages.ts';
import type { Layer, StepResult } from './cache.ts';
import type { BuildInput, BuildRuntime } from './runtime.ts';

/** A finished stage: what an image is made of, or another stage copies from. */
export interface BuiltStage {
  readonly layers: readonly Layer[];
  /** How many of them, from the bottom, came with the image that the stage began from. */
  readonly imageLayers: number;
  readonly container: ContainerConfig;
  readonly author?: string | undefined;
  readonly history: readonly HistoryEntry[];
  readonly scope: StageScope;
}

/** Builds the stages that a target needs, each once, independent ones side by side. */
export class Builder implements BuildInProgress {
  readonly input: BuildInput;
  readonly runtime: BuildRuntime;
  readonly #global: GlobalScope;
  readonly #stages = new Map<number, Promise<BuiltStage>>();
  readonly #images = new Map<string, Promise<BaseImage>>();
  /** Digests of what the steps copied from the context, by step. */
  readonly contextParts = new Map<string, Digest>();
  /** Whether any step ran, and was not taken from the cache. */
  ranSteps = false;
  readonly #stop = new AbortController();
  readonly #unfinished: Promise<unknown>[] = [];

  constructor(input: BuildInput, runtime: BuildRuntime) {
    this.input = input;
    this.runtime = runtime;
    this.#global = globalScope(input);
  }

  /** Aborted when the user stops the build or a step fails: steps beside it then end too. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.runtime.signal, this.#stop.signal]);
  }

  /** Work that goes on while later steps run, and that the image waits for. */
  finishLater(work: Promise<unknown>): void {
    work.catch(error => this.fail(error));
    this.#unfinished.push(work);
  }

  /** Resolves when nothing that `finishLater` was told of is left. */
  async finished(): Promise<void> {
    await Promise.all(this.#unfinished);
  }

  /** Resolves when nothing runs any more, however it ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#stages.values(), ...this.#unfinished]);
  }

  fail(reason: unknown): void {
    this.#stop.abort(reason);
  }

  target(): Promise<BuiltStage> {
    return this.stage(targetStage(this.input.project));
  }

  stage(stage: Stage): Promise<BuiltStage> {
    const running = this.#stages.get(stage.index) ?? this.#buildStage(stage);
    this.#stages.set(stage.index, running);
    return running;
  }

  /** The layers that `--from` of a COPY means: an earlier stage's, or an image's. */
  async layersOf(stage: Stage, from: string, where: SourcePlace): Promise<readonly Layer[]> {
    const earlier = findStage(this.#stagesBefore(stage), from);
    return earlier ? (await this.stage(earlier)).layers : (await this.#image(from, where)).layers;
  }

  #stagesBefore({ index }: Stage): readonly Stage[] {
    return this.input.project.dockerfile.stages.slice(0, index);
  }

  #image(reference: string, where: SourcePlace): Promise<BaseImage> {
    const { project, ledger } = this.input;
    const found =
      this.#images.get(reference) ??
      resolveBaseImage(reference, project.request.platform, ledger, this.runtime, where);
    this.#images.set(reference, found);
    return found;
  }

  async #buildStage(stage: Stage): Promise<BuiltStage> {
    // Whatever this stage copies from can be built while its own first steps run.
    for (const instruction of stage.instructions) {
      const from = sourceOf(instruction);
      const earlier = from === undefined ? undefined : findStage(this.#stagesBefore(stage), from);
      if (earlier) this.stage(earlier).catch(() => {}); // Reported by the step that copies from it.
    }
    const base = await this.#base(stage);
    const settings: StageSettings = {
      scope: new StageScope(this.#global, base.scope.environment, base.scope),
      container: base.container,
      author: base.author,
      ownCommand: false,
    };
    const layers = [...base.layers];
    const history = [...base.history];
    for (const [ordinal, instruction] of stage.instructions.entries()) {
      const step = this.#step(stage, ordinal, instruction);
      const done = await this.#apply(stage, step, instruction, settings, layers);
      if (done?.layer) layers.push(done.layer);
      const created = this.input.ledger.asOf;
      history.push({
        created,
        created_by: step.text,
        ...(done?.layer === undefined && { empty_layer: true }),
      });
    }
    const { imageLayers } = base;
    return {
      layers,
      imageLayers,
      container: settings.container,
      author: settings.author,
      history,
      scope: settings.scope,
    };
  }

  async #base(stage: Stage): Promise<BuiltStage> {
    const { dockerfile, dockerfileName } = this.input.project;
    const { escape } = dockerfile.directives;
    const where = { file: dockerfileName, line: stage.base.range.line, column: stage.base.range.column };
    const variables = new Map(Object.entries({ ...this.#global.automatic, ...this.#global.meta }));
    const name = expandWord(stage.base.text, variables, escape, where).text;
    if (name === '') throw emptyBase(stage.base.text, where);
    if (stage.from.platform !== undefined) throw unsupported('FROM --platform', where);
    if (name === 'scratch') return emptyStage(this.#global);
    const earlier = findStage(this.#stagesBefore(stage), name);
    if (earlier && !/^\d+$/.test(name)) return this.stage(earlier);
    const image = await this.#image(name, where);
    return imageStage(image, this.#global, where);
  }

  #step(stage: Stage, ordinal: number, instruction: Instruction): Step {
    const text = canonicalInstruction(instruction);
    return {
      id: stepId(stage, ordinal),
      name: stepName(stage, ordinal),
      command: sha256(text),
      text,
      where: {
        file: this.input.project.dockerfileName,
        line: instruction.range.line,
        column: instruction.range.column,
      },
    };
  }

  /** Nothing is returned for an instruction that touches no file. */
  async #apply(
    stage: Stage,
    step: Step,
    instruction: Instruction,
    settings: StageSettings,
    layers: readonly Layer[],
  ): Promise<StepResult | undefined> {
    switch (instruction.keyword) {
      case 'RUN':
        return runStepOf(this, step, instruction, settings, layers);
      case 'COPY':
      case 'ADD':
        return copyStep(this, stage, step, instruction, settings, layers);
      case 'WORKDIR':
        return workdirStep(this, step, instruction, settings, layers);
      case 'ARG':
      case 'CMD':
      case 'ENTRYPOINT':
      case 'ENV':
      case 'EXPOSE':
      case 'HEALTHCHECK':
      case 'LABEL':
      case 'MAINTAINER':
      case 'ONBUILD':
      case 'SHELL':
      case 'STOPSIGNAL':
      case 'USER':
      case 'VOLUME':
        applyMetadata(instruction, settings);
        return undefined;
    }
  }
}

function globalScope({ project }: BuildInput): GlobalScope {
  const { dockerfile, dockerfileName, request } = project;
  const automatic = platformArguments(hostPlatform(), request.platform);
  const meta: Record<string, string> = {};
  const { escape } = dockerfile.directives;
  const { buildArguments } = request;
  for (const { name, value } of dockerfile.metaArgs.flatMap(({ args }) => args)) {
    const variables = new Map(Object.entries({ ...automatic, ...meta }));
    const where = { file: dockerfileName, line: name.range.line, column: name.range.column };
    const given = buildArguments[name.text];
    const used =
      given ??
      (value === undefined ? automatic[name.text] : expandWord(value.text, variables, escape, where).text);
    if (used !== undefined) meta[name.text] = used;
  }
  return { buildArguments, automatic, meta, escape, file: dockerfileName };
}

function emptyStage(global: GlobalScope): BuiltStage {
  return { layers: [], imageLayers: 0, container: {}, history: [], scope: new StageScope(global, new Map()) };
}

/** BuildKit gives an image without a PATH the one that a shell would have. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function imageStage({ config, layers }: BaseImage, global: GlobalScope, where: SourcePlace): BuiltStage {
  const { Env: env = [], ...container } = config.config ?? {};
  if (container.OnBuild !== undefined && container.OnBuild.length > 0)
    throw unsupported('ONBUILD in a base image', where);
  const environment = new Map(env.map(text => splitVariable(text)));
  if (!environment.has('PATH')) environment.set('PATH', defaultPath);
  return {
    layers,
    imageLayers: layers.length,
    container,
    author: config.author,
    history: config.history ?? [],
    scope: new StageScope(global, environment),
  };
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Build arguments that no ARG declares: Docker warns of them too. */
export function unusedBuildArguments({ project }: BuildInput): string[] {
  const { dockerfile, request } = project;
  const declared = [
    ...dockerfile.metaArgs,
    ...dockerfile.stages.flatMap(({ instructions }) => instructions),
  ].flatMap(instruction =>
    instruction.keyword === 'ARG' ? instruction.args.map(({ name }) => name.text) : [],
  );
  const known = new Set(declared);
  return Object.keys(request.buildArguments).filter(
    name => !known.has(name) && !predefinedArguments.has(name),
  );
}

function emptyBase(text: string, where: SourcePlace) {
  return usageError('FROM_EMPTY', `"${text}" stands for no image: its variables are empty`, {
    next: 'Give the ARG a default before FROM, or pass it with --build-arg.',
    where,
  });
}
