import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, type Digest } from '../core/index.ts';
import { projectRecording, type ProjectedInput, type Recording } from '../lock/index.ts';
import { kinds } from './run-step.ts';
import type { BuildRuntime } from './runtime.ts';

/** Raise it when a kind recognises more, or names something otherwise. */
const projectionVersion = 1;

/**
 * The lock's lines for a recording. Working them out means reading package indexes of many megabytes, so the result
 * is cached under the recording's digest.
 */
export async function projectedInputs(
  digest: Digest,
  recording: Recording,
  runtime: BuildRuntime,
): Promise<ProjectedInput[]> {
  const path = join(runtime.cache.root, 'steps', `${hexOf(digest)}.inputs-${projectionVersion}.json`);
  const cached = await readFile(path, 'utf8').catch(() => undefined);
  if (cached !== undefined) {
    try {
      return JSON.parse(cached) as ProjectedInput[];
    } catch {
      // A damaged entry is no entry.
    }
  }
  const inputs = await projectRecording(recording, kinds, runtime.store);
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(inputs));
  await rename(temporary, path);
  return inputs;
}
