import { HoldfastError } from '../core/index.ts';
import { readRecording, type BuildEntry, type RecordedInput, type Recording } from '../lock/index.ts';
import type { BuildRuntime } from './runtime.ts';

/** What a lock is called unless the user says otherwise. */
export const lockName = 'holdfast.lock';

/** The recordings of a lock's builds, in their order, and the lines of all. */
export async function recordedInputs(builds: readonly BuildEntry[], runtime: BuildRuntime) {
  const recordings: Recording[] = [];
  const inputs: RecordedInput[] = [];
  for (const build of builds) {
    const recording = await recordingOf(build, runtime);
    recordings.push(recording);
    inputs.push(...recording.inputs);
  }
  return { recordings, inputs };
}

async function recordingOf({ dockerfile, recording }: BuildEntry, runtime: BuildRuntime): Promise<Recording> {
  try {
    if (!(await runtime.store.has(recording))) await runtime.places.bring({ digest: recording });
    return await readRecording(runtime.store, recording);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    const { exit, code, message } = error;
    throw new HoldfastError(exit, code, `${lockName}: the recording of ${dockerfile}: ${message}`, {
      next: `Get it with \`holdfast store pull\` or --remote from where it was pushed to, or remove ${lockName} and record everything anew.`,
      cause: error,
    });
  }
}
