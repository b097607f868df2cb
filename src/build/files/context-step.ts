import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256, type SourcePlace } from '../../core/index.ts';
import { parseTrigger, type IgnoreMatcher } from '../../dockerfile/index.ts';
import type { StepResult } from '../cache.ts';
import { finishLayer } from '../finish-layer.ts';
import type { StageSettings } from '../metadata.ts';
import { stepResult } from '../step-result.ts';
import type { BuildInProgress, Step } from '../step.ts';
import { copyInto } from './copy.ts';
import { filesBelow } from './copy-target.ts';
import type { Files } from './origin.ts';
import { sourcesDigest } from './sources-digest.ts';
import { transferStep } from './transfer-step.ts';
import { withoutCredentials } from './url-origin.ts';

/** The files of a directory that `.dockerignore` leaves. */
interface ContextDirectory {
  readonly directory: string;
  readonly ignore: IgnoreMatcher;
}

/** A named context of files as a layer, as if a stage from scratch had copied all of them. */
export async function directoryContextStep(
  builder: BuildInProgress,
  name: string,
  { directory, ignore }: ContextDirectory,
  where: SourcePlace,
): Promise<StepResult> {
  const step = stepOf(name, `COPY . / # context ${name}`, where);
  const files: Files = {
    sources: [{ root: directory, path: '' }],
    selection: {
      takes: path => !ignore.matches(path),
      descends: path => ignore.mayHoldUnignored(path),
    },
    metadata: 'context',
  };
  const digest = await sourcesDigest(files.sources, files.selection);
  builder.contextParts.set(step.id, digest);
  const facts = { context: digest };
  return stepResult(builder, step, [], facts, async work => {
    const root = join(work, 'context');
    await mkdir(root, { mode: 0o755 });
    const { sourceDate } = builder.input.ledger;
    await copyInto({
      ...files,
      into: filesBelow(root),
      target: '/',
      owner: undefined,
      mode: undefined,
      sourceDate,
      where,
    });
    return { ...(await finishLayer(builder, root, undefined, { injected: [] })), facts };
  });
}

/**
 * A named context of a URL as a layer, as if a stage from scratch had added it: a repository's files, or a file that
 * is called `context` whatever it holds, as in BuildKit.
 */
export async function remoteContextStep(
  builder: BuildInProgress,
  name: string,
  url: string,
  settings: StageSettings,
  where: SourcePlace,
): Promise<StepResult> {
  const isRepository = new URL(url).pathname.endsWith('.git');
  const text = `ADD ${JSON.stringify([url.replaceAll('$', '\\$'), isRepository ? '/' : '/context'])}`;
  const instruction = parseTrigger(text, where);
  if (instruction.keyword !== 'ADD') throw new TypeError('ADD was written');
  const step = stepOf(name, `ADD ${withoutCredentials(url)} / # context ${name}`, where);
  const [stage] = builder.input.project.dockerfile.stages; // Asked for by COPY --from alone.
  if (stage === undefined) throw new TypeError('a Dockerfile has a stage');
  return transferStep(builder, stage, step, instruction, settings, []);
}

function stepOf(name: string, text: string, where: SourcePlace): Step {
  return { id: `context/${name}`, name: `context ${name}`, command: sha256(text), text, where };
}
