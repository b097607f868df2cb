import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { rootArchive } from '../image/index.ts';
import type { BuildOutcome } from './execute.ts';
import { copyInto, filesBelow } from './files/index.ts';
import { withImage } from './image-view.ts';
import type { BuildRuntime } from './runtime.ts';

/** Writes an image's files into a directory, all owned by the user, as BuildKit's local exporter does. @throws NamespacesNeeded */
export async function exportDirectory(
  { image, config }: BuildOutcome,
  directory: string,
  runtime: BuildRuntime,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await withImage(image, config, runtime, view =>
    copyInto({
      sources: [{ root: view, path: '' }],
      selection: { takes: () => true, descends: () => true },
      into: filesBelow(directory),
      target: '/',
      owner: { uid: 0, gid: 0 },
      metadata: 'image',
      replaces: true,
      sourceDate: 0,
      where: { file: directory, line: 1 },
    }),
  );
}

/** Writes an image's files as one archive, with their owners. @throws NamespacesNeeded */
export async function exportArchive(
  { image, config, recording }: BuildOutcome,
  file: string,
  runtime: BuildRuntime,
): Promise<void> {
  const date = Math.floor(Date.parse(recording.asOf) / 1000);
  await withImage(image, config, runtime, view => pipeline(rootArchive(view, date), createWriteStream(file)));
}
