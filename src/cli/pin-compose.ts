import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { readLockState } from '../build/index.ts';
import {
  imagePins,
  isOverride,
  loadCompose,
  overrideText,
  withPins,
  type ComposeProject,
  type ImagePin,
} from '../compose/index.ts';
import { exitCodes, usageError, type Digest, type HoldfastError } from '../core/index.ts';
import { storeImages, whyOfStore } from '../pin/index.ts';
import { printResult, type ProjectOptions } from './common.ts';
import type { StepOptions } from './step-options.ts';
import { runWorks, worksFrom } from './works.ts';

export interface PinComposeOptions extends ProjectOptions, StepOptions {
  /** The compose file that digests are written to, in place of those that name the images. */
  readonly override?: string;
  readonly dryRun?: boolean;
  readonly check?: boolean;
}

export function addComposePinOptions(command: Command): Command {
  return command
    .option('--compose', 'take the compose file of DIR, though a Dockerfile is there too')
    .option('--override <file>', 'of a compose file: write digests into this one, and leave the others');
}

/**
 * Writes the digests of the lock beside the images of a compose project, or into an override file.
 * @throws HoldfastError LOCK_MISSING, LOCK_STALE (exit 3), and what loadCompose and filesFor throw
 */
export async function pinCompose(directory: string, options: PinComposeOptions): Promise<void> {
  const asked = { ...options, compose: true, file: filesFor(directory, options) };
  const { digests, others } = await lockedDigests(directory, asked);
  const compose = loadCompose({ directory, files: asked.file, environment: process.env });
  const pins = imagePins(compose, ({ name }) => digests.get(name));
  const { override, check = false, dryRun = false } = options;
  const left = override === undefined ? pins.filter(({ written }) => written === undefined) : [];
  const outputs =
    override === undefined ? inPlace(compose, pins) : [output(resolve(override), overrideText(pins))];
  const changed = outputs.filter(({ before, after }) => before !== after);
  const stale = others.find(one => one.stale)?.stale;
  if (check && changed.length === 0 && stale) throw stale;
  if (!check && !dryRun) for (const { path, after } of changed) writeFileSync(path, after);
  if (check && changed.length > 0) process.exitCode = exitCodes.findings;
  const verb = check || dryRun ? 'would write' : 'wrote';
  const shown = changed.map(({ path }) => relative('.', path) || path);
  printResult(
    options,
    {
      files: shown,
      pins: pins.map(({ service, where, reference, pinned }) => ({ service, where, reference, pinned })),
      unpinned: [...left, ...others].map(({ service }) => service),
    },
    [
      ...(shown.length === 0 ? [] : pins.filter(pin => !left.includes(pin)).map(pinText)),
      ...left.map(
        pin =>
          `${placeText(pin)} ${pin.service}: a variable takes part in ${pin.reference}; --override FILE pins it`,
      ),
      ...others.map(({ service, why }) => `${service}: not pinned, ${why}`),
      shown.length === 0 ? 'nothing to write' : `${verb} ${shown.join(', ')}`,
    ].join('\n'),
  );
}

const placeText = ({ where: { file, line, column } }: ImagePin) => `${file}:${line}:${column ?? 1}`;

const pinText = (pin: ImagePin) => `${placeText(pin)} ${pin.service}: ${pin.pinned}`;

interface Output {
  readonly path: string;
  /** Nothing where there is no such file. */
  readonly before: string | undefined;
  readonly after: string;
}

function inPlace(compose: ComposeProject, pins: readonly ImagePin[]): Output[] {
  return compose.paths.map(path => {
    const before = readFileSync(path, 'utf8');
    return { path, before, after: withPins(before, pins, path) };
  });
}

function output(path: string, after: string): Output {
  try {
    return { path, before: readFileSync(path, 'utf8'), after };
  } catch {
    return { path, before: undefined, after };
  }
}

/**
 * The compose files whose images are pinned: an override file that was written before is none of them.
 * @throws HoldfastError PIN_OVERRIDE_OTHER (exit 2) for a file that somebody else wrote
 */
function filesFor(directory: string, { file = [], override }: PinComposeOptions): readonly string[] {
  if (override === undefined) return file;
  const path = resolve(override);
  const { before } = output(path, '');
  if (before !== undefined && !isOverride(before))
    throw usageError('PIN_OVERRIDE_OTHER', `${override} holds more than digests, which would be lost`, {
      next: 'Name a file that is not there yet.',
    });
  const { files } = loadCompose({ directory, files: file, environment: process.env });
  return files.filter(one => one !== path);
}

interface LockedDigests {
  /** By service. */
  readonly digests: ReadonlyMap<string, Digest>;
  readonly others: readonly Unpinned[];
}

/** A service that gets no digest. */
interface Unpinned {
  readonly service: string;
  readonly why: string;
  /** Where the lock does not have the image as the compose file names it. */
  readonly stale?: HoldfastError;
}

/**
 * What the lock says of the images that are not built; every line of it is held against its recordings.
 * @throws HoldfastError LOCK_MISSING, LOCK_STALE (exit 3) where it has none of them
 */
async function lockedDigests(directory: string, options: PinComposeOptions): Promise<LockedDigests> {
  const all = await worksFrom({ directory, services: [], all: true }, options);
  const digests = new Map<string, Digest>();
  const others: Unpinned[] = [];
  await runWorks(all, async runtime => {
    const images = await storeImages(runtime.store);
    for (const { projects, service } of all.works) {
      if (service?.isImage !== true) continue;
      // What is pinned in the file itself is another image name than the lock has, and needs none.
      const { name } = service;
      const reference = all.compose?.services.get(name)?.image?.text ?? '';
      if (reference.includes('@')) continue;
      const { stale, recording } = await readLockState(projects[0], runtime);
      if (stale) {
        others.push({ service: name, why: `${stale.message}; ${stale.next}`, stale });
        continue;
      }
      const [image] = recording?.images ?? [];
      const digest = image?.index ?? image?.manifest;
      const why = digest && whyOfStore(reference, digest, images, 'the compose file');
      if (why !== undefined) others.push({ service: name, why });
      else if (digest !== undefined) digests.set(name, digest);
    }
  });
  const [first] = others;
  if (first?.stale && others.every(one => one.stale) && digests.size === 0) throw first.stale;
  return { digests, others };
}
