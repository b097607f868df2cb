import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveRequests, rootFiles, withLockedImage, type BuildRuntime } from '../../build/index.ts';
import { parsePlatform, usageError } from '../../core/index.ts';
import {
  debianArchitecture,
  isMovedSuite,
  movedAlone,
  movedSuiteFiles,
  parsePackages,
  statusRecords,
  type Candidate,
  type PackageRecord,
  type SuitePackages,
} from '../../kinds/apt/index.ts';
import type { Exchange, RootFiles } from '../../kinds/index.ts';
import type { PreviousBuild } from '../update.ts';
import { archiveFetch } from './archive-fetch.ts';
import { freshArchives } from './fresh-archives.ts';
import { suiteAnswer } from './suite-answer.ts';
import { copiedSources } from './root-copy.ts';

/**
 * The answers by which packages of a Debian distribution move alone: a suite of their own for each archive that offers
 * them, beside the indexes that the lock holds. Empty where the lock has what the archives offer.
 * @throws NamespacesNeeded, and HoldfastError UPDATE_HELD (exit 2), what movedAlone and freshArchives throw
 */
export async function moveAlone(
  names: readonly string[],
  held: ReadonlySet<string>,
  build: PreviousBuild,
  runtime: BuildRuntime,
): Promise<Exchange[]> {
  const architecture = debianArchitecture(parsePlatform(build.entry.platform));
  const moved = await withLockedImage(build.entry.image, runtime, view =>
    chosen(names, rootFiles(view), build, architecture, runtime),
  );
  const stays = moved.find(({ record }) => held.has(record.name));
  if (stays !== undefined) throw needsHeld(names, stays);
  const answers: Exchange[] = [];
  for (const [uri, candidates] of Map.groupBy(moved, ({ origin }) => origin.uri)) {
    const packages = candidates.map(({ record }) => record);
    const kept = (await movedBefore(uri, build, runtime)).filter(
      ({ name }) => !moved.some(({ record }) => record.name === name),
    );
    const dates = candidates.map(({ origin }) => origin.release.date.getTime());
    const suite = { uri, architecture, date: new Date(Math.max(...dates)), packages: [...kept, ...packages] };
    for (const file of movedSuiteFiles(suite)) answers.push(await suiteAnswer(file, runtime));
  }
  return answers;
}

async function chosen(
  names: readonly string[],
  image: RootFiles,
  { project, entry, recording }: PreviousBuild,
  architecture: string,
  runtime: BuildRuntime,
): Promise<Candidate<SuitePackages>[]> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-apt-'));
  try {
    const entries = await copiedSources(image, root);
    const where = { file: project.dockerfileName, line: 1 };
    const fresh = await liveRequests(runtime, `update ${names.join(' ')}`, where, get =>
      freshArchives(entries, { root, architecture, fetch: archiveFetch(get), now: runtime.now() }),
    );
    const versions = recording.inputs
      .filter(({ section }) => section === 'apt')
      .map(({ line }) => [String(line['name']), String(line['version'])] as const);
    const installed = statusRecords(image.read('var/lib/dpkg/status')?.toString('utf8') ?? '');
    runtime.note(
      `${names.join(', ')} alone: the archives of ${entry.image} were asked for what they offer now`,
    );
    return movedAlone(names, { installed, versions: new Map(versions) }, fresh);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** What earlier updates moved alone, which stays where it is. */
async function movedBefore(
  uri: string,
  { recording }: PreviousBuild,
  { places }: BuildRuntime,
): Promise<PackageRecord[]> {
  for (const { key, responses } of recording.steps.flatMap(step => step.exchanges)) {
    const body = responses.at(-1)?.body;
    if (body === undefined || !key.url.startsWith(uri)) continue;
    if (isMovedSuite(key.url) && key.url.endsWith('/Packages'))
      return parsePackages(await places.readBytes(body.digest), key.url);
  }
  return [];
}

function needsHeld(names: readonly string[], { record: { name, version } }: Candidate<SuitePackages>) {
  return usageError(
    'UPDATE_HELD',
    `${names.join(', ')} cannot move without ${name} ${version}, and that is held`,
    {
      next: `Release it first: \`holdfast hold ${name} --release\`.`,
    },
  );
}
