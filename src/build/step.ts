import type { Digest, SourcePlace } from '../core/index.ts';
import type { Instruction, Stage } from '../dockerfile/index.ts';
import type { Layer } from './cache.ts';
import type { BuildInput, BuildRuntime } from './runtime.ts';

/** One instruction about to be carried out. */
export interface Step {
  readonly id: string;
  readonly name: string;
  readonly command: Digest;
  /** One line, as history shows it. */
  readonly text: string;
  readonly where: SourcePlace;
}

/** What it takes to fetch something by way of the gateway, so that it is recorded and replayed. */
export interface Fetcher {
  readonly input: Pick<BuildInput, 'ledger'>;
  readonly runtime: BuildRuntime;
  /** Aborted when the user stops the build or another step fails. */
  readonly signal: AbortSignal;
}

/** What a step sees of the build that it is part of. */
export interface BuildInProgress extends Fetcher {
  readonly input: BuildInput;
  /** Digests of what the steps copied from the context, by step. */
  readonly contextParts: Map<string, Digest>;
  /** Set by the first step that runs, and is not taken from the cache. */
  ranSteps: boolean;
  /** Whether nothing that this build does after an instruction looks at the files that are there by then. */
  looksAtNoLayerAfter(stage: Stage, instruction: Instruction): boolean;
  /** The layers that `--from` of a COPY means: an earlier stage's, or an image's. */
  layersOf(stage: Stage, from: string, where: SourcePlace): Promise<readonly Layer[]>;
  /** Work that goes on while later steps run, and that the image waits for. */
  finishLater(work: Promise<unknown>): void;
  /** Ends the steps beside one that failed. */
  fail(reason: unknown): void;
}
