import {
  analyse,
  inputsOfLock,
  lineage,
  type AnalysedStage,
  type Analysis,
  type LockedInputs,
  type RunInStage,
} from '../check/index.ts';
import { usageError } from '../core/index.ts';
import { parseDockerfile } from '../dockerfile/index.ts';
import type { Invocation } from '../dockerfile/shell/index.ts';
import { pinArchives } from './apt-archives.ts';
import { Changes } from './changes.ts';
import { pinClones } from './clones.ts';
import { pinDownloads } from './downloads.ts';
import { pinInstructions } from './images.ts';
import { LockedSteps } from './locked-steps.ts';
import { isOpen, leaveIndirect } from './open-requests.ts';
import { pinPackages } from './packages.ts';
import { pinRequirements } from './requirements.ts';
import type { PinRequest, PinResult } from './result.ts';
import { vendorScripts } from './vendored.ts';
import { renewLists, vendoredScripts, type VendoredScript } from './vendored-copies.ts';

/**
 * A Dockerfile in which everything that the lock holds is named exactly, as far as commands have a form for it. Its
 * formatting and comments stay. Pinned again, it stays as it is. Asks nobody but `frontendDigest`.
 * @throws HoldfastError what parseDockerfile and `frontendDigest` throw; PIN_FAILED (exit 2)
 */
export async function pinDockerfile(request: PinRequest): Promise<PinResult> {
  const { text, file, context, recordings } = request;
  const dockerfile = parseDockerfile(text, file);
  const read = (path: string) => (context.isIgnored(path) ? undefined : context.read(path));
  const analysis = analyse(dockerfile, path => read(path)?.toString());
  const changes = new Changes(text);
  const work: Work = {
    request,
    changes,
    steps: new LockedSteps(recordings),
    scripts: vendoredScripts(analysis, context),
    moving: new Set(),
  };
  for (const place of analysis.runs) if (!place.step.onbuild) await pinStep(place, work);
  if (request.pins) {
    const hasFile = (name: string) => read(name) !== undefined;
    const locked = await knownInputs(analysis, request);
    pinInstructions(analysis, { locked, images: request.storeImages }, { hasFile }, changes);
  }
  const result = changes.result();
  refuseOtherShape(request, result);
  return result;
}

/** What the lock holds, and the frontend as a registry has it where that may be asked. */
async function knownInputs({ images }: Analysis, request: PinRequest): Promise<LockedInputs> {
  const { lock, frontendDigest } = request;
  const locked = await inputsOfLock(lock);
  const frontend = images.find(({ role, digest }) => role === 'syntax' && digest === undefined);
  if (frontend === undefined || frontendDigest === undefined) return locked;
  const asked = await frontendDigest(frontend.reference);
  return {
    ...locked,
    imageDigest: reference =>
      locked.imageDigest(reference) ?? (reference === frontend.reference ? asked : undefined),
  };
}

interface Work {
  readonly request: PinRequest;
  readonly changes: Changes;
  readonly steps: LockedSteps;
  readonly scripts: readonly VendoredScript[];
  /** Stages whose apt read archives that do not stand still. */
  readonly moving: Set<AnalysedStage>;
}

async function pinStep(place: RunInStage, { request, changes, steps, scripts, moving }: Work): Promise<void> {
  const { run, stage, step: at } = place;
  const { instruction } = at;
  const id = `${stage.stage.index}/${stage.stage.instructions.indexOf(instruction)}`;
  const step = steps.of(instruction, id);
  if (run.unread !== undefined)
    changes.leave('NOT_KNOWN', instruction.range, 'a part of this step', run.unread);
  if (step === undefined) return leaveUnlocked(place, request, changes);
  const { text } = request;
  const gone: ReadonlySet<Invocation> = request.vendored
    ? await vendorScripts(place, step, request, changes)
    : new Set();
  if (request.vendored) renewLists(place, step, { scripts, context: request.context, changes });
  if (!request.pins) return;
  if (!(await pinArchives(place, step, request, changes))) moving.add(stage);
  const aptHeld = !lineage(stage).some(one => moving.has(one));
  const pypi = pinRequirements(place, step, { text, context: request.context, changes });
  for (const one of run.requests) {
    if (one.action !== 'install' || (one.ecosystem === 'pypi' && pypi === 'hashed')) continue;
    pinPackages(one, step, { text, changes, isHeld: one.ecosystem === 'apt' && aptHeld });
  }
  pinDownloads(place, step, { text, changes, except: gone });
  pinClones(place, step, { text, changes });
  leaveIndirect(place, step, { aptHeld, pypiHeld: pypi !== 'none' }, changes);
}

function leaveUnlocked({ run, step }: RunInStage, { pins }: PinRequest, changes: Changes): void {
  const open = run.requests.find(isOpen);
  if (open === undefined || !pins) return;
  changes.leave(
    'NOT_LOCKED',
    step.instruction.range,
    `${open.tool} ${open.at === open.invocation.program ? '' : open.at.text}`.trim(),
    'the lock has nothing for this step: it was written for another text of it, or no build of it runs the step',
  );
}

/** Pins add COPY instructions, and change none into another. */
function refuseOtherShape({ text, file }: PinRequest, result: PinResult): void {
  try {
    const shapes = [text, result.text].map(one => {
      const { metaArgs, stages } = parseDockerfile(one, file);
      const keywords = stages.map(({ instructions }) =>
        instructions.map(({ keyword }) => keyword).filter(keyword => keyword !== 'COPY'),
      );
      return JSON.stringify([metaArgs.length, keywords]);
    });
    if (shapes[0] === shapes[1]) return;
  } catch (cause) {
    throw failed(file, cause);
  }
  throw failed(file, undefined);
}

function failed(file: string, cause: unknown) {
  return usageError('PIN_FAILED', `${file} with its pins would be another Dockerfile`, {
    next: 'Nothing was written. Report the file as a bug, and pin it by hand.',
    cause,
  });
}
