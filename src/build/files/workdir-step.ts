import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import type { Json } from '../../core/index.ts';
import type { WorkdirInstruction } from '../../dockerfile/index.ts';
import { resolveInRoot } from '../../sandbox/index.ts';
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
    const finished = await changeFiles(builder, layers, work, async (root, view) => {
      const { uid, gid } = ownerOf(view, user, builder.runtime.note);
      let current = '';
      for (const name of resolveInRoot(root, path).split('/')) {
        if (name === '') continue;
        current += `/${name}`;
        makeDirectory(root + current, uid, gid);
      }
    });
    return { ...finished, facts };
  });
}

function makeDirectory(path: string, uid: number, gid: number): void {
  try {
    mkdirSync(path, 0o755);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
  chmodSync(path, 0o755);
  chownSync(path, uid, gid);
}
