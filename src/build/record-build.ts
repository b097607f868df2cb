import { formatPlatform, type Digest } from '../core/index.ts';
import { kinds } from '../kinds/index.ts';
import {
  projectRecording,
  storeRecording,
  type BuildEntry,
  type RecordedInput,
  type Recording,
} from '../lock/index.ts';
import { executeBuild, type BuildOutcome } from './execute.ts';
import { lockedFrontend } from './frontend.ts';
import { installedMustMatch, noteUnaccounted } from './installed-match.ts';
import { blobsOf } from './known-blobs.ts';
import type { Ledger } from './ledger.ts';
import type { Project } from './project.ts';
import type { BuildRuntime, CacheUse } from './runtime.ts';

/** A build, and the lines of the lock that are its own. */
export interface LockedBuild extends BuildOutcome {
  readonly inputs: readonly RecordedInput[];
}

/** A build, with its entry in a lock; its recording is in the store. */
export interface RecordedBuild extends LockedBuild {
  readonly entry: BuildEntry;
  readonly stored: Recording;
}

export interface RecordOptions {
  readonly useCache: CacheUse;
  /** The image of the lock until now, whose layers may come out again. */
  readonly image?: Digest | undefined;
  /** The frontend as the lock until now holds it. */
  readonly syntax?: string | undefined;
  /** Whether it shall be what its name stands for today. */
  readonly movesSyntax?: boolean;
}

/**
 * Builds, and writes down all that the build took.
 * @throws HoldfastError INSTALLED_DIFFERS (exit 1), and what executeBuild throws
 */
export async function recordBuild(
  project: Project,
  ledger: Ledger,
  runtime: BuildRuntime,
  { useCache, image, syntax, movesSyntax = false }: RecordOptions,
): Promise<RecordedBuild> {
  let projection: Promise<RecordedInput[]> | undefined;
  const outcome = await executeBuild(
    {
      project,
      ledger,
      useCache,
      knownBlobs: await blobsOf(image, runtime.store),
      onRecorded: recording => {
        projection = projectRecording(recording, kinds, runtime.places);
        projection.catch(() => {}); // Met below, unless the build fails first.
      },
    },
    runtime,
  );
  const inputs = await (projection ?? projectRecording(outcome.recording, kinds, runtime.places));
  noteUnaccounted(installedMustMatch(outcome, inputs), runtime);
  const stored = { ...outcome.recording, inputs };
  const entry: BuildEntry = {
    ...identityOf(project),
    syntax: await lockedFrontend(project, { before: syntax, moves: movesSyntax }, runtime),
    checksum: project.checksum,
    context: outcome.context,
    recording: await storeRecording(runtime.store, stored),
    image: outcome.standsFor ?? outcome.image.digest,
    ...(!runtime.sandbox.keepsOwners && { isolation: 'single-id' as const }),
  };
  return { ...outcome, inputs, entry, stored };
}

/** What tells a project's build from the others of its lock. */
export function identityOf({ dockerfileName, request, arguments: args }: Project) {
  return {
    service: request.service?.name,
    dockerfile: dockerfileName,
    target: request.target,
    platform: formatPlatform(request.platform),
    args,
  };
}
