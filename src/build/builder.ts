import {
  errorAt,
  HoldfastError,
  parsePlatform,
  usageError,
  type Digest,
  type Platform,
  type SourcePlace,
} from '../core/index.ts';
import { sourcesOf, type Instruction, type Stage, type Word } from '../dockerfile/index.ts';
import { expandGlobally, globalScope, unsetGlobally, type GlobalScope } from './arguments.ts';
import { Bases } from './bases.ts';
import type { BuiltStage } from './built-stage.ts';
import type { Layer, StepResult } from './cache.ts';
import { findContext } from './contexts.ts';
import { transferStep, workdirStep } from './files/index.ts';
import { historyText } from './history.ts';
import { applyMetadata, type StageSettings } from './metadata.ts';
import { runStepOf } from './run/index.ts';
import type { BuildInput, BuildRuntime } from './runtime.ts';
import { StageScope } from './scope.ts';
import { baseStage, sourceStage, targetStage } from './stages.ts';
import type { BuildInProgress, Step } from './step.ts';
import { placeOf, stepsOf } from './steps.ts';

/** Instructions that look at files. */
const changing: ReadonlySet<Instruction['keyword']> = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR']);

/** Builds the stages that a target needs, each once, independent ones side by side. */
export class Builder implements BuildInProgress {
  readonly input: BuildInput;
  readonly runtime: BuildRuntime;
  readonly #global: GlobalScope;
  readonly #stages = new Map<number, Promise<BuiltStage>>();
  readonly #bases: Bases;
  /** Digests of what the steps copied from the context, by step. */
  readonly contextParts = new Map<string, Digest>();
  /** Whether any step ran, and was not taken from the cache. */
  ranSteps = false;
  readonly #stop = new AbortController();
  readonly #unfinished: Promise<unknown>[] = [];

  constructor(input: BuildInput, runtime: BuildRuntime) {
    this.input = input;
    this.runtime = runtime;
    this.#global = globalScope(input.project);
    this.#bases = new Bases(this, this.#global);
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
    const running = this.#stages.get(stage.index) ?? this.#replacedStage(stage) ?? this.#buildStage(stage);
    this.#stages.set(stage.index, running);
    return running;
  }

  /** A context with the name of a stage stands in for it, and nothing of the stage is done. */
  #replacedStage(stage: Stage): Promise<BuiltStage> | undefined {
    const { contexts, dockerfileName } = this.input.project;
    const { name, from } = stage;
    if (name === undefined || findContext(contexts, name) === undefined) return undefined;
    return this.#bases.context(name, this.#platformOf(stage), placeOf(from, dockerfileName));
  }

  /** The layers that `--from` of a COPY or a mount means: a stage's above, or an image's. */
  async layersOf(reader: Stage, from: string, where: SourcePlace): Promise<readonly Layer[]> {
    const { project } = this.input;
    const source = sourceStage(project.dockerfile, reader, from, where);
    if (source) return (await this.stage(source)).layers;
    return (await this.#bases.named(from, project.request.platform, where)).layers;
  }

  looksAtNoLayerAfter(stage: Stage, instruction: Instruction): boolean {
    const at = stage.instructions.indexOf(instruction);
    if (at < 0 || stage !== targetStage(this.input.project) || !this.runtime.sandbox.keepsOwners)
      return false;
    return !stage.instructions.slice(at + 1).some(({ keyword }) => changing.has(keyword));
  }

  async #buildStage(stage: Stage): Promise<BuiltStage> {
    // Whatever this stage reads from can be built while its own first steps run.
    this.#startSources(stage, stage.instructions);
    const base = await this.#base(stage);
    const { OnBuild: triggers = [], ...container } = base.container;
    const settings: StageSettings = {
      scope: new StageScope(this.#global, base.scope.environment, base.scope),
      platform: base.platform,
      container,
      author: base.author,
      ownCommand: false,
      caches: new Map(base.caches),
    };
    const layers = [...base.layers];
    const history = [...base.history];
    const { project, ledger } = this.input;
    const steps = stepsOf(stage, triggers, project.dockerfileName);
    this.#startSources(
      stage,
      steps.map(({ instruction }) => instruction),
    );
    for (const { step, instruction } of steps) {
      const text = this.#historyText(step, instruction, settings);
      const done = await this.#apply(stage, step, instruction, settings, layers);
      if (done?.layer) layers.push(done.layer);
      if (text === undefined) continue;
      history.push({
        created: ledger.created,
        created_by: text,
        ...(done?.layer === undefined && { empty_layer: true }),
      });
    }
    const { imageLayers, platform } = base;
    return {
      layers,
      imageLayers,
      platform,
      container: settings.container,
      author: settings.author,
      history,
      scope: settings.scope,
      caches: settings.caches,
    };
  }

  #historyText({ where }: Step, instruction: Instruction, settings: StageSettings): string | undefined {
    try {
      return historyText(instruction, settings);
    } catch (error) {
      throw errorAt(error, where);
    }
  }

  #startSources(stage: Stage, instructions: readonly Instruction[]): void {
    const { dockerfile, dockerfileName } = this.input.project;
    for (const instruction of instructions) {
      for (const from of sourcesOf(instruction)) {
        const source = sourceStage(dockerfile, stage, from, placeOf(instruction, dockerfileName));
        if (source) this.stage(source).catch(() => {}); // Reported by the step that reads from it.
      }
    }
  }

  async #base(stage: Stage): Promise<BuiltStage> {
    const { dockerfile, dockerfileName } = this.input.project;
    const where = placeOf({ range: stage.base.range }, dockerfileName);
    const name = expandGlobally(this.#global, stage.base);
    if (name === '') throw this.#emptyBase(stage.base, where);
    const platform = name === 'scratch' ? this.input.project.request.platform : this.#platformOf(stage);
    const above = baseStage(dockerfile, stage, name);
    if (above) return this.stage(above);
    try {
      return await this.#bases.named(name, platform, where);
    } catch (error) {
      const isHalf = error instanceof HoldfastError && error.code === 'REFERENCE_INVALID';
      if (isHalf && unsetGlobally(this.#global, stage.base).length > 0)
        throw this.#emptyBase(stage.base, where);
      throw error;
    }
  }

  #emptyBase(base: Word, where: SourcePlace): Error {
    const unset = unsetGlobally(this.#global, base);
    const why = unset.length > 0 ? `${unset.join(', ')} without a value` : 'it is empty';
    return usageError('FROM_EMPTY', `"${base.text}" names no image: ${why}`, {
      next: 'Give the ARG a default before FROM, or pass it with --build-arg.',
      where,
    });
  }

  /** What FROM's `--platform` says, else the platform that is built for. */
  #platformOf({ from }: Stage): Platform {
    const { platform } = from;
    const { request, dockerfileName } = this.input.project;
    if (platform === undefined) return request.platform;
    const where = placeOf(from, dockerfileName);
    const text = expandGlobally(this.#global, platform);
    if (text === '') throw emptyPlatform(platform.text, where);
    try {
      return parsePlatform(text);
    } catch (error) {
      throw errorAt(error, where);
    }
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
        return runStepOf(this, stage, step, instruction, settings, layers);
      case 'COPY':
      case 'ADD':
        return transferStep(this, stage, step, instruction, settings, layers);
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
        try {
          applyMetadata(instruction, settings);
          return undefined;
        } catch (error) {
          throw errorAt(error, step.where);
        }
    }
  }
}

function emptyPlatform(text: string, where: SourcePlace) {
  return usageError('FROM_PLATFORM_EMPTY', `"${text}" stands for no platform: its variables are empty`, {
    next: 'Use one of the automatic arguments, such as $BUILDPLATFORM, or declare the ARG before FROM.',
    where,
  });
}
