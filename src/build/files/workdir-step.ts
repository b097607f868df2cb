import { usageError, type Json, type SourcePlace } from '../../core/index.ts';
import type { WorkdirInstruction } from '../../dockerfile/index.ts';
import type { Layer, StepResult } from '../cache.ts';
import { absolutePath, type StageSettings } from '../metadata.ts';
import { stepResult } from '../step-result.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { changeFiles } from './change-files.ts';
import { ownerOf } from './owner.ts';

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
    const finished = await changeFiles(builder, layers, work, (root, view) => {
      const { uid, gid } = ownerOf(view, user, builder.runtime.note);
      let current = '';
      for (const name of root.resolve(path).split('/')) {
        if (name === '') continue;
        current += `/${name}`;
        const type = root.typeAt(current);
        if (type === 'directory') continue;
        if (type !== undefined) throw notADirectory(path, current, step.where);
        root.makeDirectory(current);
        root.describe(current, { uid, gid, mode: 0o755, seconds: builder.input.ledger.sourceDate });
      }
      return Promise.resolve();
    });
    return { ...finished, facts };
  });
}

function notADirectory(path: string, what: string, where: SourcePlace): Error {
  return usageError('WORKDIR_TARGET', `${path} cannot be made: ${what} is not a directory`, {
    next: 'Name another directory.',
    where,
  });
}
