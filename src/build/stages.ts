import { usageError, type HoldfastError, type SourcePlace } from '../core/index.ts';
import { didYouMean, type Dockerfile, type Stage } from '../dockerfile/index.ts';
import type { Project } from './project.ts';

/** The stage that the user asked for: by name, by number, or the last one. @throws STAGE_UNKNOWN (exit 2) */
export function targetStage({ dockerfile, dockerfileName, request }: Project): Stage {
  const { stages } = dockerfile;
  const { target } = request;
  const found = target === undefined ? stages.at(-1) : (named(stages, target) ?? numbered(stages, target));
  if (found) return found;
  const names = stages.map(({ name, index }) => name ?? String(index));
  const near = didYouMean(target ?? '', names);
  throw usageError(
    'STAGE_UNKNOWN',
    `${dockerfileName} has no stage "${target ?? ''}"; it has ${names.join(', ')}`,
    { next: near === undefined ? 'Name one of these with --target.' : `Did you mean ${near}?` },
  );
}

/** The stage that a FROM means: one above it with that name. */
export function baseStage({ stages }: Dockerfile, from: Stage, name: string): Stage | undefined {
  return named(stages.slice(0, from.index), name);
}

/**
 * The stage that `--from` means, by name or number; nothing where it means something else. As in BuildKit, a name
 * means the stage that has it even if that comes too late to be copied from.
 * @throws HoldfastError STAGE_UNKNOWN, STAGE_ORDER (exit 2)
 */
export function sourceStage(
  { stages }: Dockerfile,
  reader: Stage,
  from: string,
  where: SourcePlace,
): Stage | undefined {
  const found = named(stages, from) ?? numbered(stages, from);
  if (found === undefined) {
    if (/^\d+$/.test(from)) throw noSuchNumber(stages, from, where);
    return undefined;
  }
  if (found.index < reader.index) return found;
  throw usageError('STAGE_ORDER', `the stage "${from}" is not above the one that copies from it`, {
    next: 'Move it up in the file; a stage is built from those above it.',
    where,
  });
}

/** Case does not matter; of two stages with one name the later counts. */
function named(stages: readonly Stage[], name: string): Stage | undefined {
  return stages.findLast(stage => stage.name === name.toLowerCase());
}

function numbered(stages: readonly Stage[], text: string): Stage | undefined {
  return /^\d+$/.test(text) ? stages[Number(text)] : undefined;
}

function noSuchNumber(stages: readonly Stage[], text: string, where: SourcePlace): HoldfastError {
  return usageError('STAGE_UNKNOWN', `there is no stage ${text}; the file has ${stages.length}`, {
    next: 'Stages count from 0; give yours a name and use that.',
    where,
  });
}
