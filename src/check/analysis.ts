import type {
  CopyInstruction,
  Dockerfile,
  FromInstruction,
  Instruction,
  RunInstruction,
  SourceRange,
  Stage,
  Word,
} from '../dockerfile/index.ts';
import {
  type Invocation,
  invocationsOf,
  type KnownVariables,
  scriptOfRun,
} from '../dockerfile/shell/index.ts';
import { requestsOf, type Request } from '../kinds/requests/index.ts';
import { CopiedFiles } from './copied-files.ts';
import { type ReadContextFile, withFollowedScripts } from './followed-scripts.ts';
import { type ImageUse, imageUse } from './image-use.ts';
import { withListedArguments } from './listed-arguments.ts';
import { globalValues, type GivenArguments, noArguments, Values } from './values.ts';
import { isWindows, windowsShell } from './windows.ts';

/** An instruction with what was known when it is reached. */
export interface Step {
  readonly instruction: Instruction;
  /** It runs when another image is built from this one. */
  readonly onbuild: boolean;
  readonly values: KnownVariables;
  readonly workdir: string;
  /** For RUN. */
  readonly run?: Run;
}

/** What a RUN does. */
export interface Run {
  readonly instruction: RunInstruction;
  readonly invocations: readonly Invocation[];
  readonly requests: readonly Request[];
  /** Why its body, or a part of it, was not read. */
  readonly unread?: string;
}

export interface AnalysedStage {
  readonly stage: Stage;
  readonly from: FromInstruction;
  /** Where it begins from: an image, an earlier stage, or nothing. */
  readonly base: ImageUse | AnalysedStage | undefined;
  readonly windows: boolean;
  readonly steps: readonly Step[];
  /** The last USER of this stage, or of the stages that it begins from. */
  readonly user?: { readonly text: string; readonly known: boolean; readonly range: SourceRange };
  readonly shell?: readonly string[];
  readonly values: KnownVariables;
  readonly workdir: string;
  readonly copied: CopiedFiles;
}

/** A parsed Dockerfile with everything that rules ask of it. */
export interface Analysis {
  readonly dockerfile: Dockerfile;
  readonly stages: readonly AnalysedStage[];
  /** In the order of the file. */
  readonly images: readonly ImageUse[];
  /** Every RUN, also those of ONBUILD. */
  readonly runs: readonly RunInStage[];
  /** What all of them ask for. */
  readonly requests: readonly Request[];
}

export interface RunInStage {
  readonly run: Run;
  readonly step: Step;
  readonly stage: AnalysedStage;
}

/**
 * Reads what the stages of a Dockerfile do. Runs nothing and asks nobody.
 * @param read gives the scripts of the build context, which are followed where they are run.
 * @param given of one build its arguments; without them defaults count.
 */
export function analyse(
  dockerfile: Dockerfile,
  read: ReadContextFile = () => undefined,
  given: GivenArguments = noArguments,
): Analysis {
  const reader = new Reader(dockerfile, read, given);
  for (const stage of dockerfile.stages) reader.read(stage);
  const { stages, images } = reader;
  const runs = stages.flatMap(stage =>
    stage.steps.flatMap(step => (step.run ? [{ run: step.run, step, stage }] : [])),
  );
  return { dockerfile, stages, images, runs, requests: runs.flatMap(({ run }) => run.requests) };
}

/** The instructions of a stage and of those it begins from, the base's first. */
export function lineage(stage: AnalysedStage): readonly AnalysedStage[] {
  const { base } = stage;
  return base !== undefined && 'steps' in base ? [...lineage(base), stage] : [stage];
}

/** Far beyond any real file; what is asked of some is asked of each pair of them. */
const mostInvocations = 4_000;

class Reader {
  readonly stages: AnalysedStage[] = [];
  readonly images: ImageUse[] = [];
  readonly #dockerfile: Dockerfile;
  readonly #read: ReadContextFile;
  readonly #given: GivenArguments;
  readonly #global: KnownVariables;
  readonly #byName = new Map<string, AnalysedStage>();
  #started = 0;

  constructor(dockerfile: Dockerfile, read: ReadContextFile, given: GivenArguments) {
    this.#dockerfile = dockerfile;
    this.#read = read;
    this.#given = given;
    this.#global = globalValues(dockerfile.metaArgs, dockerfile.directives.escape, given);
    const { syntax } = dockerfile.directives;
    if (syntax !== undefined) {
      const [text = ''] = syntax.text.split(/\s/, 1);
      this.#addImage('syntax', { ...syntax, text }, new Values(new Map(), '\\'));
    }
  }

  read(stage: Stage): void {
    const { escape } = this.#dockerfile.directives;
    const base = this.#base(stage);
    const inherited = base !== undefined && 'steps' in base ? base : undefined;
    const values = new Values(this.#global, escape, inherited?.values, this.#given);
    const reference = base !== undefined && 'reference' in base ? base.reference : stage.base.text;
    const windows = inherited?.windows ?? isWindows(stage, reference, escape);
    const state: StageState = {
      values,
      steps: [],
      workdir: inherited?.workdir ?? '/',
      copied: new CopiedFiles(inherited?.copied),
      ...(inherited?.user && { user: inherited.user }),
      ...(inherited?.shell && { shell: inherited.shell }),
      ...(windows && inherited === undefined && { shell: [windowsShell(stage, reference)] }),
    };
    for (const instruction of stage.instructions) this.#step(instruction, false, state);
    const { steps, user, shell, workdir, copied } = state;
    const analysed: AnalysedStage = {
      stage,
      from: stage.from,
      base,
      windows,
      steps,
      values: values.known,
      workdir,
      copied,
      ...(user && { user }),
      ...(shell && { shell }),
    };
    this.stages.push(analysed);
    if (stage.name !== undefined) this.#byName.set(stage.name, analysed);
  }

  #base({ base, from }: Stage): ImageUse | AnalysedStage | undefined {
    const earlier = this.#byName.get(base.text.toLowerCase());
    if (earlier !== undefined) return earlier;
    const values = new Values(new Map(), this.#dockerfile.directives.escape, this.#global);
    const named = this.#byName.get(values.resolve(base).text.toLowerCase());
    return named ?? this.#addImage('from', base, values, from.platform);
  }

  #addImage(role: ImageUse['role'], word: Word, values: Values, platform?: Word): ImageUse | undefined {
    const use = imageUse(role, word, values.resolve(word), platform && values.resolve(platform).text);
    if (use !== undefined) this.images.push(use);
    return use;
  }

  #step(instruction: Instruction, onbuild: boolean, state: StageState): void {
    const { values } = state;
    switch (instruction.keyword) {
      case 'ONBUILD':
        return this.#step(instruction.trigger, true, state);
      case 'ARG':
        values.declare(instruction);
        break;
      case 'ENV':
        values.set(instruction);
        break;
      case 'SHELL':
        state.shell = instruction.shell.map(({ text }) => text);
        break;
      case 'USER': {
        const { text, known } = values.resolve(instruction.user);
        if (!onbuild) state.user = { text, known, range: instruction.user.range };
        break;
      }
      case 'WORKDIR': {
        const { text } = values.resolve(instruction.path);
        state.workdir = text.startsWith('/') ? text : `${state.workdir.replace(/\/$/, '')}/${text}`;
        break;
      }
      case 'COPY':
        if (instruction.from) this.#source('copy', instruction.from, values);
        else this.#copy(instruction, state);
        break;
      case 'RUN':
        for (const { from } of instruction.mounts) if (from) this.#source('mount', from, values);
        break;
      case 'ADD':
      case 'CMD':
      case 'ENTRYPOINT':
      case 'EXPOSE':
      case 'HEALTHCHECK':
      case 'LABEL':
      case 'MAINTAINER':
      case 'STOPSIGNAL':
      case 'VOLUME':
    }
    const run = instruction.keyword === 'RUN' ? this.#run(instruction, state) : undefined;
    const known = values.known;
    const snapshot = run || instruction.keyword === 'ADD' ? new Map(known) : known;
    state.steps.push({ instruction, onbuild, values: snapshot, workdir: state.workdir, ...(run && { run }) });
  }

  #copy({ sources, destination }: CopyInstruction, { values, workdir, copied }: StageState): void {
    const texts = sources.map(source => values.resolve(source).text);
    copied.add(texts, values.resolve(destination).text, workdir);
  }

  /** An image, unless it is a stage by name or number. */
  #source(role: 'copy' | 'mount', word: Word, values: Values): void {
    const name = word.text.toLowerCase();
    const isNumber = /^\d+$/.test(name) && Number(name) < this.#dockerfile.stages.length;
    const isStage = this.#dockerfile.stages.some(stage => stage.name === name);
    if (!isNumber && !isStage) this.#addImage(role, word, values);
  }

  #run(instruction: RunInstruction, { values, shell, workdir, copied }: StageState): Run {
    if (this.#started > mostInvocations) {
      const unread = `the file starts more than ${mostInvocations} programs`;
      return { instruction, invocations: [], requests: [], unread };
    }
    const script = scriptOfRun(instruction, shell);
    const { invocations: own, unread } = invocationsOf(script, values.known);
    const surroundings = { copied, workdir, values: values.known, read: this.#read };
    const followed = withFollowedScripts(own, surroundings);
    const isFed = followed.some(({ fed }) => fed);
    const invocations = isFed ? followed.map(one => withListedArguments(one, surroundings)) : followed;
    this.#started += invocations.length;
    const requests = invocations.flatMap(requestsOf);
    return { instruction, invocations, requests, ...(unread !== undefined && { unread }) };
  }
}

interface StageState {
  readonly values: Values;
  readonly steps: Step[];
  readonly copied: CopiedFiles;
  workdir: string;
  user?: NonNullable<AnalysedStage['user']>;
  shell?: readonly string[];
}
