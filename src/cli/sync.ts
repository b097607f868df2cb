import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { collectEarly, counted, messageOf, upstreamError, usageError } from '../core/index.ts';
import {
  copyImage,
  familiarReference,
  inParallel,
  KnownBlobs,
  openCopySource,
  openCopyTarget,
  readSyncFile,
  repositoryName,
  syncDestination,
  syncSource,
  tagsToSync,
  type CopyPlace,
  type Reference,
  type SyncSource,
} from '../registry/index.ts';
import { addCopyingOptions, formatFrom, selectionFrom, type CopyingOptions } from './copy-options.ts';
import { copyProgress, imageProgress } from './copy-progress.ts';
import { hostsOf, namedPlace } from './named-place.ts';
import { printJsonOrText } from './print.ts';
import { RegistryClients } from './registry-clients.ts';
import { settingsOf, type RegistrySettings } from './registry-options.ts';

interface SyncOptions extends CopyingOptions {
  readonly scoped?: boolean;
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
}

/** Images under way at once, each with some of its blobs. */
const parallelImages = 8;

export function syncCommand(program: Command): void {
  addCopyingOptions(
    program
      .command('sync')
      .description(
        'copy many images: of a list, or every tag of repositories; what is there already does not travel',
      )
      .argument(
        '<sources...>',
        'files (YAML as skopeo’s, or a reference a line), references and repositories; last the destination: docker://PREFIX, dir:DIR, oci:DIR',
      )
      .option('--scoped', 'keep the whole name of each image below the destination')
      .option('--keep-going', 'go on where an image fails, and fail at the end')
      .option('--dry-run', 'say what would be copied, and copy nothing'),
  ).action(async (named: readonly string[], options: SyncOptions) => {
    const [destination, ...sources] = named.toReversed();
    if (destination === undefined || sources.length === 0) {
      throw usageError('SYNC_ARGUMENTS', 'a list or repository and a destination are needed', {
        next: 'Write `holdfast sync FILE docker://REGISTRY/PREFIX`.',
      });
    }
    collectEarly();
    const progress = copyProgress(options);
    const clients = new RegistryClients(text => progress.show({ type: 'note', text }));
    try {
      const base = namedPlace(destination);
      const listed = await Promise.all(sources.toReversed().map(sourcesIn));
      const failures: string[] = [];
      const jobs = await jobsFrom(listed.flat(), base, options, { clients, failures });
      const results = await syncAll(jobs, base, options, { progress, clients, failures });
      const text = results.map(resultText).join('\n');
      printJsonOrText(options, { images: results }, text);
    } finally {
      progress.close();
      await clients.close();
    }
  });
}

interface Job {
  readonly image: Reference;
  readonly settings: RegistrySettings;
  readonly target: CopyPlace;
}

interface Result {
  readonly source: string;
  readonly destination: string;
  readonly digest?: string | undefined;
}

function resultText({ source, destination, digest }: Result): string {
  return digest === undefined ? `${source} would be copied to ${destination}` : `${source} ${digest}`;
}

interface Tools {
  readonly progress: ReturnType<typeof copyProgress>;
  readonly clients: RegistryClients;
  /** With `--keep-going` what failed is told here. */
  readonly failures: string[];
}

async function sourcesIn(text: string): Promise<SyncSource[]> {
  const isFile = statSync(text, { throwIfNoEntry: false })?.isFile() ?? false;
  return isFile ? await readSyncFile(readFileSync(text, 'utf8'), text) : [syncSource(text)];
}

async function jobsFrom(
  sources: readonly SyncSource[],
  base: CopyPlace,
  options: SyncOptions,
  { clients, failures }: Omit<Tools, 'progress'>,
): Promise<Job[]> {
  const jobs = new Map<string, Job>();
  await inParallel(sources, parallelImages, async source => {
    const settings = sourceSettings(source, options);
    const { repository } = source;
    const client = await clients.with(settings);
    const images = await tagsToSync(source, () => client.tags(repository)).catch((error: unknown) => {
      if (options.keepGoing !== true) throw error;
      failures.push(`${repositoryName(repository)}: ${messageOf(error)}`);
      return [];
    });
    for (const image of images) {
      const target = syncDestination(image, base, options.scoped === true);
      const key = JSON.stringify(target);
      const other = jobs.get(key);
      if (other && familiarReference(other.image) !== familiarReference(image))
        throw collision(other.image, image);
      jobs.set(key, { image, settings, target });
    }
  });
  return [...jobs.values()].toSorted((a, b) =>
    familiarReference(a.image) < familiarReference(b.image) ? -1 : 1,
  );
}

/** What the file says of a registry comes before what the command line says of all. */
function sourceSettings(source: SyncSource, options: SyncOptions): RegistrySettings {
  const { credentials, tlsVerify, certDir, repository } = source;
  const given = settingsOf({ ...options }, 'src', [repository.domain]);
  return {
    ...given,
    ...(credentials && { creds: `${credentials.username}:${credentials.password}` }),
    ...(tlsVerify !== undefined && { tlsVerify }),
    ...(certDir !== undefined && { certDir, hosts: [repository.domain] }),
  };
}

async function syncAll(
  jobs: readonly Job[],
  base: CopyPlace,
  options: SyncOptions,
  { progress, clients, failures }: Tools,
): Promise<Result[]> {
  const [selection, format, known] = [selectionFrom(options), formatFrom(options), new KnownBlobs()];
  const environment = process.env;
  const destSettings = settingsOf({ ...options }, 'dest', hostsOf(base));
  const results: Result[] = [];
  await inParallel([...jobs.entries()], parallelImages, async ([n, { image, settings, target }]) => {
    const place: CopyPlace = { kind: 'docker', reference: image };
    const source = await openCopySource(place, { client: () => clients.with(settings), environment });
    const to = await openCopyTarget(target, { client: () => clients.with(destSettings), environment, known });
    const result = { source: source.name, destination: to.name };
    if (options.dryRun === true) return void (results[n] = result);
    const shown = imageProgress(progress, `${n + 1}/${jobs.length}`, familiarReference(image));
    try {
      const report = await copyImage(source, to, {
        selection,
        format,
        attachments: options.referrers !== false && options.removeSignatures !== true,
        parallel: options.imageParallelCopies,
        onEvent: shown.onEvent,
      });
      shown.done(report.manifests > 0);
      results[n] = { ...result, digest: report.digest };
    } catch (error) {
      shown.failed();
      if (options.keepGoing !== true) throw error;
      failures.push(`${source.name}: ${messageOf(error)}`);
    }
  });
  if (failures.length > 0) {
    throw upstreamError('SYNC_FAILED', failureText(results, failures, options), {
      next: 'See what is said of each; run the command again to copy what is left.',
      details: failures,
    });
  }
  return results;
}

/** A repository whose tags could not be listed holds nobody knows how many. */
function failureText(
  results: readonly Result[],
  failures: readonly string[],
  { dryRun }: SyncOptions,
): string {
  const rest = `${Object.keys(results).length} ${dryRun === true ? 'would be copied' : 'done'}`;
  return `${counted(failures.length, 'image or repository', 'images or repositories')} failed; ${rest}`;
}

function collision(one: Reference, other: Reference) {
  return usageError(
    'SYNC_COLLISION',
    `${familiarReference(one)} and ${familiarReference(other)} would have the same name at the destination`,
    { next: 'Keep the whole names with --scoped, or sync them to different places.' },
  );
}
