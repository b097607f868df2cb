import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { configurationName, readConfiguration, type BuildRuntime, type Project } from '../build/index.ts';
import { formatPlatform, HoldfastError, hostPlatform, usageError, type Digest } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import { parseLock, type BuildEntry } from '../lock/index.ts';
import { changeCounts, changedTextDiff, changesText, formatBytes, printable } from '../report/index.ts';
import { activeHolds, changedTexts, selectionFrom, updateLock } from '../update/index.ts';
import { collect } from './collect.ts';
import {
  addProjectOptions,
  portsNamed,
  printResult,
  projectFrom,
  runBuild,
  type ProjectOptions,
} from './common.ts';
import { lockDate } from './lock-date.ts';
import { addShellOption, addStepOptions, type StepOptions } from './step-options.ts';
import { failedTests, resultsText, suitesFrom, testImages, type NamedResult } from './structure-tests.ts';

interface UpdateCommandOptions extends ProjectOptions, StepOptions {
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly test?: readonly string[] | true;
  readonly cache: boolean;
}

export function updateCommand(program: Command): void {
  const command = program
    .command('update')
    .description('move what is locked forward, build it, and tell what changed');
  addShellOption(addStepOptions(addProjectOptions(command)))
    .option('--only <kind|name>', 'move these alone: a kind, or inputs as the lock names them', collect)
    .option('--dry-run', 'build and tell, and leave the lock as it is')
    .option('--test [file...]', 'run these tests on the new image, and keep the old lock where they fail')
    .option('--no-cache', 'run every step again')
    .action(update);
}

async function update(directory: string, options: UpdateCommandOptions): Promise<void> {
  const projects = await lockedProjects(directory, options);
  const now = lockDate(process.env, new Date());
  const { holds } = await readConfiguration(join(projects[0].home, configurationName));
  const held = activeHolds(holds, now);
  const only = (options.only ?? []).flatMap(text => text.split(','));
  const selection = selectionFrom(only, held);
  const { test } = options;
  const suites = test === undefined ? [] : await suitesFrom(test === true ? [] : test, projects[0].home);
  const result = await runBuild(
    options,
    async runtime => {
      let tests: readonly NamedResult[] = [];
      const updated = await updateLock(projects, runtime, {
        selection,
        wholly: only.length === 0,
        now,
        useCache: options.cache,
        write: options.dryRun !== true,
        accept: async built => {
          if (suites.length === 0) return;
          tests = await testImages(built, suites, runtime);
          const error = failedTests(
            tests,
            'The lock stays as it was. Mend what fails, or hold back what broke it with --only.',
          );
          if (error === undefined) return;
          throw new HoldfastError(error.exit, error.code, error.message, {
            next: error.next,
            details: resultsText(tests).split('\n'),
          });
        },
      });
      const { before, lock, changes } = updated;
      const texts = await changedTexts(changes, before.inputs, lock.inputs, runtime.places);
      const images = await Promise.all(
        lock.builds.map((entry, n) => imageChange(before.builds[n] ?? entry, entry, runtime)),
      );
      return { ...updated, texts, images, tests };
    },
    portsNamed(projects[0]),
  );
  const { changes, texts, images, lock, written, tests } = result;
  printResult(
    options,
    {
      lock: projects[0].lockPath,
      written,
      asOf: lock.asOf,
      moved: lock.moved ?? {},
      changes,
      texts,
      images,
      tests,
      held,
    },
    [
      changesText(changes),
      ...texts.map(changedTextDiff),
      ...images.map(imageText),
      ...(tests.length === 0 ? [] : [resultsText(tests)]),
      ...held.map(
        ({ name, until, why }) => `held back until ${until}: ${printable(name)} (${printable(why)})`,
      ),
      `${changeCounts(changes)}; ${stateText(written, options)}`,
    ]
      .filter(text => text !== '')
      .join('\n'),
  );
}

function stateText(written: boolean, { dryRun }: UpdateCommandOptions): string {
  if (dryRun === true) return 'the lock was left as it is (--dry-run)';
  return written ? 'wrote holdfast.lock' : 'holdfast.lock is unchanged';
}

/**
 * All builds of the lock: they share its date, and move together.
 * @throws HoldfastError UPDATE_ALL_BUILDS (exit 2)
 */
async function lockedProjects(
  directory: string,
  options: UpdateCommandOptions,
): Promise<readonly [Project, ...Project[]]> {
  if (options.target !== undefined || options.platform !== undefined)
    throw usageError('UPDATE_ALL_BUILDS', 'an update moves all builds of a lock, whatever they are for', {
      next: 'Leave out --target and --platform.',
    });
  const first = await projectFrom(directory, options);
  const text = await readFile(first.lockPath, 'utf8').catch(() => undefined);
  if (text === undefined) return [first]; // Told of by the update itself.
  const { builds } = parseLock(text, 'holdfast.lock');
  const projects: Project[] = [];
  for (const entry of builds) projects.push(await projectOf(entry, first, directory, options));
  return projects.length === 0 ? [first] : (projects as [Project, ...Project[]]);
}

/** The project of a lock's entry. A platform that is this machine's may have been asked for or not. */
async function projectOf(
  { dockerfile, target, platform, args = {}, checksum }: BuildEntry,
  first: Project,
  directory: string,
  options: UpdateCommandOptions,
): Promise<Project> {
  const given = { ...args, ...first.request.buildArguments };
  const own = {
    ...options,
    file: options.file ?? join(dirname(first.lockPath), dockerfile),
    ...(target !== undefined && { target }),
    buildArg: Object.entries(given).map(([name, value]) => `${name}=${value}`),
  };
  const asked = await projectFrom(directory, { ...own, platform: [platform] });
  if (asked.checksum === checksum || platform !== formatPlatform(hostPlatform())) return asked;
  return projectFrom(directory, own);
}

interface ImageChange {
  readonly from: Digest;
  readonly to: Digest;
  /** Bytes of the compressed layers, where the store has the manifests. */
  readonly size: { readonly from?: number | undefined; readonly to?: number | undefined };
}

async function imageChange(old: BuildEntry, now: BuildEntry, runtime: BuildRuntime): Promise<ImageChange> {
  const [from, to] = await Promise.all([old, now].map(({ image }) => layerBytes(image, runtime)));
  return { from: old.image, to: now.image, size: { from, to } };
}

async function layerBytes(image: Digest, { store }: BuildRuntime): Promise<number | undefined> {
  const bytes = await store.readBytes(image).catch(() => undefined);
  const document = bytes && parseManifest(bytes);
  if (document?.kind !== 'manifest') return undefined;
  return document.manifest.layers.reduce((sum, { size }) => sum + size, 0);
}

function imageText({ from, to, size }: ImageChange): string {
  const bytes = [size.from, size.to].map(one => (one === undefined ? '?' : formatBytes(one)));
  return from === to ? `${to} as before` : `${to}, was ${from}; layers ${bytes[0]} → ${bytes[1]}`;
}
