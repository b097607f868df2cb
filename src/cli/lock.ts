import type { Command } from 'commander';
import { buildPlatforms, lockProject, type LockOptions, type WrittenLock } from '../build/index.ts';
import type { Digest } from '../core/index.ts';
import { inputSections } from '../lock/index.ts';
import { sectionCount } from '../report/index.ts';
import { addProjectOptions, addServiceOptions, printResult, type ProjectOptions } from './common.ts';
import { lockDate } from './lock-date.ts';
import { addShellOption, addStepOptions, type StepOptions } from './step-options.ts';
import { eachWork, runWorks, worksFrom, type Works } from './works.ts';

type LockCommandOptions = ProjectOptions & StepOptions & { readonly cache: boolean };

export function lockCommand(program: Command): void {
  const command = program
    .command('lock')
    .description('bring holdfast.lock up to date; move nothing that it already holds');
  addServiceOptions(addShellOption(addStepOptions(addProjectOptions(command))))
    .option('--no-cache', 'run every step again')
    .action(lock);
}

async function lock(
  directory: string,
  services: readonly string[],
  given: LockCommandOptions,
): Promise<void> {
  const all = await worksFrom({ directory, services, all: true }, given);
  const { builds, images } = await lockWorks(all, services.length === 0);
  const [{ projects }] = all.works;
  const { lock } = builds.at(-1) as WrittenLock;
  const changed = builds.some(build => build.changed);
  const counts = inputSections
    .map(section => [section, lock.inputs[section].length] as const)
    .filter(([, count]) => count > 0);
  const summary = counts.map(([section, count]) => sectionCount(section, count)).join(', ');
  const named = Object.entries(images.services);
  printResult(
    given,
    {
      lock: projects[0].lockPath,
      changed,
      asOf: lock.asOf,
      ...(all.compose ? { services: images.services } : { image: images.last }),
      inputs: Object.fromEntries(counts),
    },
    [
      `${changed ? 'wrote' : 'unchanged'} holdfast.lock as of ${lock.asOf}: ${summary || 'no inputs'}`,
      ...(all.compose ? named.map(([service, digest]) => `${service} ${digest}`) : [images.last]),
    ].join('\n'),
  );
}

/** @param wholly whether the lock is to hold nothing of other services. */
async function lockWorks(all: Works<LockCommandOptions>, wholly: boolean) {
  const { options, compose } = all;
  const asOf = lockDate(process.env, new Date());
  const keeps: LockOptions['keeps'] =
    compose && wholly ? ({ service }) => service === undefined || compose.services.has(service) : undefined;
  return runWorks(all, async runtime => {
    const builds: WrittenLock[] = [];
    const services = new Map<string, Digest>();
    let last: Digest | undefined;
    await eachWork(all, runtime, async ({ projects, service }) => {
      const useCache = options.cache && (service?.useCache ?? true);
      const built = await buildPlatforms(projects, runtime, (project, state) =>
        lockProject(project, state, runtime, { asOf, useCache, keeps }),
      );
      builds.push(...built.builds);
      last = built.image.digest;
      if (service) services.set(service.name, last);
    });
    return { builds, images: { services: Object.fromEntries(services), last: last as Digest } };
  });
}
