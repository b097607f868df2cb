import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { configurationName, readConfiguration, type Project } from '../build/index.ts';
import { formatPlatform, HoldfastError, hostPlatform, usageError } from '../core/index.ts';
import { parseLock, type BuildEntry } from '../lock/index.ts';
import { changeCounts, printable, updateMarkdown, updateText } from '../report/index.ts';
import { activeHolds, explainUpdate, updateLock } from '../update/index.ts';
import { collect } from './collect.ts';
import { addProjectOptions, printResult, projectFrom, type ProjectOptions } from './common.ts';
import { placesFor } from './environment.ts';
import { lockDate } from './lock-date.ts';
import { buildArguments } from './pairs.ts';
import { addShellOption, addStepOptions, type StepOptions } from './step-options.ts';
import { advisoryFacts, planUpdate, updateEffect } from './update-plan.ts';
import { failedTests, resultsText, type NamedResult } from './structure-tests.ts';
import { noteHealth, suitesByWork, testWork } from './work-suites.ts';
import { runWorks, worksFrom, type Works } from './works.ts';

const formats = ['text', 'markdown', 'json'] as const;

interface UpdateCommandOptions extends ProjectOptions, StepOptions {
  readonly only?: readonly string[];
  readonly tags?: boolean;
  readonly security?: boolean;
  readonly minAge?: string;
  readonly securityMinAge?: string;
  readonly dryRun?: boolean;
  readonly test?: readonly string[] | true;
  readonly cache: boolean;
  readonly format: (typeof formats)[number];
}

export function updateCommand(program: Command): void {
  const command = program
    .command('update')
    .description('move what is locked forward, build it, and tell what changed');
  addShellOption(addStepOptions(addProjectOptions(command)))
    .option('--only <kind|name>', 'move these alone: a kind, or inputs as the lock names them', collect)
    .option('--tags', 'move images to later tags of the same make too, and write these into the Dockerfile')
    .option('--security', 'move what closes an advisory, and nothing else')
    .option(
      '--min-age <age>',
      'leave what is there for less than this (7d, 12h, 2w); a fix of an advisory does not wait',
    )
    .option('--security-min-age <age>', 'let fixes wait so long too')
    .option('--dry-run', 'build and tell, and leave the lock as it is')
    .option('--test [file...]', 'run these tests on the new image, and keep the old lock where they fail')
    .option('--no-cache', 'run every step again')
    .addOption(new Option('--format <format>', 'how it is told').choices(formats).default('text'))
    .action(update);
}

async function update(directory: string, options: UpdateCommandOptions): Promise<void> {
  const all = await lockedWorks(directory, options);
  const projects = all.works.flatMap(work => work.projects) as [Project, ...Project[]];
  const now = lockDate(process.env, new Date());
  const configuration = await readConfiguration(join(projects[0].home, configurationName));
  // The public feeds are large: an update that needs no advisory asks none of them unless the project names them.
  const namesFeeds = Object.keys(configuration.advisories).length > 0;
  const held = activeHolds(configuration.holds, now);
  const only = (options.only ?? []).flatMap(text => text.split(','));
  const { security = false, minAge, securityMinAge } = options;
  const places = placesFor({ store: options.store, cache: options.cacheDir }, process.env);
  const lookUp = { addHost: options.addHost, now: new Date(now), places };
  const { test } = options;
  // What is taken as it was published is not ours to test.
  const suitesOf =
    test === undefined
      ? undefined
      : await suitesByWork(all, test === true ? [] : test, ({ service }) => service?.isImage !== true);
  const result = await runWorks(all, async runtime => {
    const tests: NamedResult[] = [];
    if (suitesOf !== undefined) noteHealth(all, runtime);
    const asked = { only, security, minAge, securityMinAge, held };
    const plan = await planUpdate(projects[0].lockPath, asked, runtime, lookUp);
    if (plan.selection === 'nothing') return plan;
    const { notes, ...moves } = plan;
    const updated = await updateLock(projects, runtime, {
      ...moves,
      holds: held,
      now,
      useCache: options.cache,
      tags: options.tags === true,
      write: options.dryRun !== true,
      accept: async built => {
        if (suitesOf === undefined) return;
        let at = 0;
        for (const work of all.works) {
          const own = built.slice(at, (at += work.projects.length));
          tests.push(...(await testWork(work, own, suitesOf(work), runtime)));
        }
        const error = failedTests(
          tests,
          'The lock stays as it was. Mend what fails, or hold back what broke it with `holdfast hold`.',
        );
        if (error === undefined) return;
        throw new HoldfastError(error.exit, error.code, error.message, {
          next: error.next,
          details: resultsText(tests).split('\n'),
        });
      },
    });
    const effect =
      security || minAge !== undefined || namesFeeds
        ? await updateEffect(updated.before, updated.lock, configuration, runtime, lookUp)
        : undefined;
    const advisories = effect && (() => Promise.resolve(advisoryFacts(effect)));
    const failures = (effect?.failures ?? []).map(
      ({ feed, why }) => `advisories may be missing: ${feed}: ${why}`,
    );
    const explanation = await explainUpdate(updated, runtime, {
      tests: tests.length,
      held,
      notes: [...notes, ...failures],
      advisories,
    });
    return { ...updated, explanation, tests, effect };
  });
  const asJson = { json: options.json === true || options.format === 'json' };
  if ('selection' in result) {
    const { notes } = result;
    const closable = notes.length === 0 ? 'a move' : 'a move that is not held and does not wait';
    const text = `no open advisory is closed by ${closable}; holdfast.lock is unchanged`;
    const facts = { lock: projects[0].lockPath, written: false, changes: [], notes };
    return printResult(asJson, facts, [...notes.map(printable), text].join('\n'));
  }
  const { changes, explanation, lock, written, tests, effect } = result;
  const facts = { lock: projects[0].lockPath, written, asOf: lock.asOf, moved: lock.moved ?? {} };
  if (options.format === 'markdown') return void process.stdout.write(updateMarkdown(explanation));
  printResult(
    asJson,
    { ...facts, ...explanation, tests, ...(effect && { advisories: effect }) },
    [
      updateText(explanation),
      ...(tests.length === 0 ? [] : [resultsText(tests)]),
      `${changeCounts(changes)}; ${stateText(written, options)}`,
    ].join('\n'),
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
async function lockedWorks(
  directory: string,
  options: UpdateCommandOptions,
): Promise<Works<UpdateCommandOptions>> {
  if (options.target !== undefined || options.platform !== undefined)
    throw usageError('UPDATE_ALL_BUILDS', 'an update moves all builds of a lock, whatever they are for', {
      next: 'Leave out --target and --platform.',
    });
  const request = { directory, services: [], all: true };
  const asked = await worksFrom(request, options);
  const [{ projects }] = asked.works;
  const { lockPath } = projects[0];
  const text = await readFile(lockPath, 'utf8').catch(() => undefined);
  if (text === undefined) return asked; // Told of by the update itself.
  const { builds } = parseLock(text, 'holdfast.lock');
  const hasServices = builds.some(({ service }) => service !== undefined);
  const { file, ...common } = options;
  const all = asked.compose || !hasServices ? asked : await worksFrom(request, { ...common, compose: true });
  const works = all.compose ? [...all.works] : [];
  for (const entry of builds.filter(({ service }) => service === undefined)) {
    const own = file === undefined || asked.compose ? [join(dirname(lockPath), entry.dockerfile)] : file;
    works.push({ projects: [await projectOf(entry, directory, { ...all.options, file: own })] });
  }
  const [first, ...others] = works;
  return first === undefined ? asked : { ...all, works: [first, ...others] };
}

/** The project of a lock's entry. A platform that is this machine's may have been asked for or not. */
async function projectOf(
  { target, platform, args = {}, checksum }: BuildEntry,
  directory: string,
  options: UpdateCommandOptions,
): Promise<Project> {
  const given = { ...args, ...buildArguments(options.buildArg ?? [], process.env) };
  const own = {
    ...options,
    ...(target !== undefined && { target }),
    buildArg: Object.entries(given).map(([name, value]) => `${name}=${value}`),
  };
  const asked = await projectFrom(directory, { ...own, platform: [platform] });
  if (asked.checksum === checksum || platform !== formatPlatform(hostPlatform())) return asked;
  return projectFrom(directory, own);
}
