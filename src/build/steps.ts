import { sha256, type SourcePlace } from '../core/index.ts';
import { canonicalInstruction, parseTrigger, type Instruction, type Stage } from '../dockerfile/index.ts';
import type { Step } from './step.ts';

/** An instruction of a stage, with what names it. */
export interface PlannedStep {
  readonly instruction: Instruction;
  readonly step: Step;
}

/**
 * What a stage does, in order: the ONBUILD triggers of what it begins from, then its own instructions. A trigger's
 * id is `stage/onbuild/n`, so that the ids of the others, `stage/ordinal`, stay as they are whatever the base brings.
 * @throws HoldfastError what parseTrigger throws
 */
export function stepsOf(stage: Stage, triggers: readonly string[], file: string): PlannedStep[] {
  const from = placeOf(stage.from, file);
  const total = triggers.length + stage.instructions.length;
  const name = (n: number) => `${stage.name ?? `stage-${stage.index}`} ${n + 1}/${total}`;
  const inherited = triggers.map((text, n) => {
    const instruction = parseTrigger(text, from);
    return planned(instruction, `${stage.index}/onbuild/${n}`, name(n), from);
  });
  const own = stage.instructions.map((instruction, n) =>
    planned(instruction, `${stage.index}/${n}`, name(triggers.length + n), placeOf(instruction, file)),
  );
  return [...inherited, ...own];
}

function planned(instruction: Instruction, id: string, name: string, where: SourcePlace): PlannedStep {
  const text = canonicalInstruction(instruction);
  return { instruction, step: { id, name, command: sha256(text), text, where } };
}

export function placeOf({ range }: Pick<Instruction, 'range'>, file: string): SourcePlace {
  return { file, line: range.line, column: range.column };
}
