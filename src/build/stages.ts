import { usageError } from '../core/index.ts';
import type { Instruction, Stage } from '../dockerfile/index.ts';
import type { Project } from './project.ts';

/** The stage that the user asked for: by name, by number, or the last one. @throws STAGE_UNKNOWN (exit 2) */
export function targetStage({ dockerfile, dockerfileName, request }: Project): Stage {
  const { stages } = dockerfile;
  const { target } = request;
  const found = target === undefined ? stages.at(-1) : findStage(stages, target);
  if (found) return found;
  const names = stages.map(({ name, index }) => name ?? String(index)).join(', ');
  throw usageError('STAGE_UNKNOWN', `${dockerfileName} has no stage "${target ?? ''}"; it has ${names}`, {
    next: 'Name one of these with --target.',
  });
}

/** A stage by name (case does not matter) or number, among those given. */
export function findStage(stages: readonly Stage[], name: string): Stage | undefined {
  const lower = name.toLowerCase();
  return (
    stages.find(stage => stage.name === lower) ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined)
  );
}

/** The other stages or images that an instruction reads from. */
export function sourceOf(instruction: Instruction): string | undefined {
  return instruction.keyword === 'COPY' ? instruction.from?.text : undefined;
}

/** The name that messages give a step: `build 3/7`, counted from 1 among the stage's instructions. */
export function stepName(stage: Stage, ordinal: number): string {
  return `${stage.name ?? `stage-${stage.index}`} ${ordinal + 1}/${stage.instructions.length}`;
}

/** The id that the recording gives a step. */
export function stepId(stage: Stage, ordinal: number): string {
  return `${stage.index}/${ordinal}`;
}
