import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { collectEarly, isDigest } from '../core/index.ts';
import {
  copyImage,
  familiarReference,
  openCopySource,
  openCopyTarget,
  parseCopyPlace,
  type CopyOptions,
  type CopyPlace,
  type CopyReport,
  type CopySource,
  type CopyTarget,
} from '../registry/index.ts';
import { addCopyingOptions, formatFrom, selectionFrom, type CopyingOptions } from './copy-options.ts';
import { placesFor } from './environment.ts';
import { blobProgress, copyProgress } from './copy-progress.ts';
import { hostsOf } from './named-place.ts';
import { printJsonOrText } from './print.ts';
import { RegistryClients } from './registry-clients.ts';
import { settingsOf } from './registry-options.ts';
import { openStore } from './store-common.ts';

interface CopyCommandOptions extends CopyingOptions {
  readonly digestfile?: string;
}

export function copyCommand(program: Command): void {
  addCopyingOptions(
    program
      .command('copy')
      .description('copy an image without changing a digest: every platform, referrers and signatures')
      .argument('<source>', `where from: ${places}`)
      .argument('<destination>', 'where to, in the same words')
      .option('--digestfile <file>', 'write the digest of what was copied to a file'),
  ).action(async (source: string, destination: string, options: CopyCommandOptions) => {
    const [from, to] = [parseCopyPlace(source), parseCopyPlace(destination)];
    const selection = selectionFrom(options);
    const format = formatFrom(options);
    collectEarly();
    const progress = copyProgress(options);
    const clients = new RegistryClients(text => progress.show({ type: 'note', text }));
    const side = (name: 'src' | 'dest', place: CopyPlace) => ({
      client: () => clients.with(settingsOf({ ...options }, name, hostsOf(place))),
      environment: process.env,
    });
    try {
      const anyDigest = options.preserveDigests === false;
      const [opened, target] = await Promise.all([
        openCopySource(from, side('src', from)),
        openCopyTarget(to, { ...side('dest', to), anyDigest }),
      ]);
      const report = await copyAndClose(opened, target, {
        selection,
        format,
        attachments: options.referrers !== false && options.removeSignatures !== true,
        parallel: options.imageParallelCopies,
        onEvent: blobProgress(progress),
      });
      await notePushed(from, to, report);
      if (options.digestfile !== undefined) writeFileSync(options.digestfile, report.digest);
      printJsonOrText(options, { source: opened.name, destination: target.name, ...report }, report.digest);
    } finally {
      progress.close();
      await clients.close();
    }
  });
}

/** `pin` asks which images of the store plain Docker could pull. */
async function notePushed(from: CopyPlace, to: CopyPlace, { digest }: CopyReport): Promise<void> {
  if (from.kind !== 'oci' || to.kind !== 'docker') return;
  if (resolve(from.directory) !== placesFor({}, process.env).store || !isDigest(digest)) return;
  await (await openStore({})).notePushed(digest, familiarReference(to.reference));
}

const places =
  'docker://REF, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], docker-daemon:REF, dir:DIR';

/** A source may keep what it reads from in a temporary file. */
async function copyAndClose(
  source: CopySource,
  target: CopyTarget,
  options: CopyOptions,
): Promise<CopyReport> {
  try {
    return await copyImage(source, target, options);
  } finally {
    await source.close?.();
  }
}
