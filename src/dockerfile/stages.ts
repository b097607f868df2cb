import { usageError } from '../core/index.ts';
import type { ArgInstruction, FromInstruction, Instruction } from './instructions.ts';
import type { Word } from './mapped-text.ts';
import type { Source, SourceRange } from './source.ts';
import type { Warning } from './warning.ts';

export interface Stage {
  /** Counts from 0. */
  readonly index: number;
  /** In lower case. */
  readonly name?: string;
  /** An image, `scratch` or an earlier stage's name; may hold variables, of the arguments before the first FROM. */
  readonly base: Word;
  readonly from: FromInstruction;
  /** What follows FROM. */
  readonly instructions: readonly Instruction[];
  /** From FROM to the end of the stage's last instruction. */
  readonly range: SourceRange;
}

/** The other stages, contexts or images that an instruction reads from. */
export function sourcesOf(instruction: Instruction): string[] {
  if (instruction.keyword === 'COPY' && instruction.from) return [instruction.from.text];
  if (instruction.keyword !== 'RUN') return [];
  return instruction.mounts.flatMap(({ from }) => (from === undefined ? [] : [from.text]));
}

interface OpenStage {
  readonly from: FromInstruction;
  readonly instructions: Instruction[];
}

const reservedNames = ['context', 'scratch'];

/** Sorts instructions into stages as they come. */
export class StageList {
  readonly #source: Source;
  readonly #warnings: Warning[];
  readonly #metaArgs: ArgInstruction[] = [];
  readonly #stages: OpenStage[] = [];
  readonly #names = new Set<string>();

  constructor(source: Source, warnings: Warning[]) {
    this.#source = source;
    this.#warnings = warnings;
  }

  /** @throws HoldfastError DOCKERFILE_NO_STAGE (exit 2) for an instruction other than ARG before the first FROM. */
  add(instruction: Instruction | FromInstruction): void {
    const stage = this.#stages.at(-1);
    if (instruction.keyword === 'FROM') {
      this.#warnOfName(instruction);
      this.#stages.push({ from: instruction, instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push(instruction);
    } else if (instruction.keyword === 'ARG') {
      this.#metaArgs.push(instruction);
    } else {
      throw usageError('DOCKERFILE_NO_STAGE', `${instruction.keyword} stands before the first FROM`, {
        where: this.#source.where(instruction.range.start),
        next: 'Begin with FROM; only ARG may stand before it.',
      });
    }
  }

  /** @throws HoldfastError (exit 2) DOCKERFILE_EMPTY, DOCKERFILE_NO_STAGE */
  finish(): { readonly metaArgs: ArgInstruction[]; readonly stages: Stage[] } {
    if (this.#stages.length === 0) throw this.#nothingToBuild();
    return {
      metaArgs: this.#metaArgs,
      stages: this.#stages.map((stage, index) => this.#closed(stage, index)),
    };
  }

  #closed({ from, instructions }: OpenStage, index: number): Stage {
    const last = instructions.at(-1) ?? from;
    return {
      index,
      ...(from.name !== undefined && { name: from.name }),
      base: from.base,
      from,
      instructions,
      range: this.#source.range(from.range.start, last.range.end),
    };
  }

  #nothingToBuild(): Error {
    const empty = this.#metaArgs.length === 0;
    const message = empty ? 'the Dockerfile holds no instruction' : 'the Dockerfile holds no FROM';
    return usageError(empty ? 'DOCKERFILE_EMPTY' : 'DOCKERFILE_NO_STAGE', message, {
      where: this.#source.where(this.#source.begin),
      next: 'Begin with FROM and an image.',
    });
  }

  #warnOfName({ name, range }: FromInstruction): void {
    if (name === undefined) return;
    if (reservedNames.includes(name)) {
      const message = `"${name}" has a meaning of its own and cannot be referred to as a stage`;
      this.#warnings.push({ code: 'RESERVED_STAGE_NAME', message, range });
    }
    if (this.#names.has(name)) {
      const message = `an earlier stage is named "${name}" too`;
      this.#warnings.push({ code: 'DUPLICATE_STAGE_NAME', message, range });
    }
    this.#names.add(name);
  }
}
