import { lstatSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError, sha256 } from '../../core/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import type { Fetcher, Step } from '../step.ts';
import { checkNew } from '../traffic.ts';
import { gitOrigin } from './git-origin.ts';
import { parseGitReference } from './git-reference.ts';
import type { Files } from './origin.ts';
import { urlOrigin, withoutCredentials } from './url-origin.ts';

/** A build context that was fetched, before it is known what is in it. */
export interface FetchedContext {
  /** As the lock's checksum counts it. */
  readonly url: string;
  /** A checked out repository, or one file: an archive or a Dockerfile. */
  readonly kind: 'repository' | 'file';
  readonly path: string;
  /** Whether a repository's `.git` belongs to the files. */
  readonly keepsGitDir: boolean;
  /** What was taken from the network; locked where the lock does not lie in the context itself. */
  readonly recording: StepRecording;
  /** When it was made, Unix seconds: the commit, or what the server says of the file; nothing where it says nothing. */
  readonly date?: number | undefined;
  /** Whether a lock said what to take. */
  readonly isLocked: boolean;
}

/** The step of the recording that a context of this URL is. */
export function contextStep(url: string): Step {
  const text = `ADD ${withoutCredentials(url)}`;
  return { id: 'context', name: 'context', command: sha256(text), text, where: { file: url, line: 1 } };
}

/**
 * Fetches a build context as ADD fetches its source.
 * @param work an empty directory, where the files stay.
 * @throws HoldfastError as ADD does, without a place
 */
export async function fetchContext(
  fetcher: Fetcher,
  url: string,
  keepGitDir: boolean,
  work: string,
): Promise<FetchedContext> {
  const { runtime, input } = fetcher;
  const step = contextStep(url);
  const { name, text, where } = step;
  const recorded = input.ledger.recordedStep(step.id, step.command);
  const reference = parseGitReference(url, undefined);
  const origin = reference
    ? gitOrigin(fetcher, step, recorded, {
        reference,
        checksum: undefined,
        keepGitDir: keepGitDir || undefined,
      })
    : urlOrigin(fetcher, step, recorded, { url, checksum: undefined, unpack: false });
  const place = join(work, 'fetched');
  await mkdir(place);
  runtime.onEvent({ type: 'step-started', step: name, label: text, where });
  try {
    let path = '';
    const keep = async ({ sources: [source] }: Files) => {
      if (source) path = join(source.root, source.path);
    };
    const taken = await origin.provide(place, keep);
    const exchanges = taken?.exchanges ?? [];
    await checkNew(fetcher, exchanges, step);
    runtime.onEvent({ type: 'step-done', step: name, cached: false });
    const recording = { step: step.id, command: step.command, exchanges };
    const kind = reference ? 'repository' : 'file';
    const date = reference ? commitDate(path) : lastModified(exchanges);
    return {
      url: withoutCredentials(url),
      kind,
      path,
      keepsGitDir: reference?.keepGitDir ?? keepGitDir,
      recording,
      date,
      isLocked: recorded !== undefined,
    };
  } catch (error) {
    runtime.onEvent({ type: 'step-failed', step: name });
    throw withoutPlace(error);
  }
}

/** A checkout bears it. */
function commitDate(checkout: string): number {
  return Math.floor(lstatSync(checkout).mtimeMs / 1000);
}

function lastModified(exchanges: StepRecording['exchanges']): number | undefined {
  const headers = exchanges.at(-1)?.responses.at(-1)?.headers ?? [];
  const milliseconds = Date.parse(headers.find(([name]) => name === 'last-modified')?.[1] ?? '');
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

/** No file of the user's asks for the context. */
function withoutPlace(error: unknown): unknown {
  if (!(error instanceof HoldfastError)) return error;
  const { exit, code, message, next, details } = error;
  return new HoldfastError(exit, code, message, { next, details, cause: error });
}
