import type { Command } from 'commander';
import { buildPlatforms, lockProject } from '../build/index.ts';
import { inputSections } from '../lock/index.ts';
import {
  addProjectOptions,
  portsNamed,
  printResult,
  projectsFrom,
  runBuild,
  type ProjectOptions,
} from './common.ts';
import { lockDate } from './lock-date.ts';
import { addShellOption, addStepOptions, type StepOptions } from './step-options.ts';

export function lockCommand(program: Command): void {
  const command = program
    .command('lock')
    .description('bring holdfast.lock up to date; move nothing that it already holds');
  addShellOption(addStepOptions(addProjectOptions(command)))
    .option('--no-cache', 'run every step again')
    .action(async (directory: string, options: ProjectOptions & StepOptions & { cache: boolean }) => {
      const projects = await projectsFrom(directory, options);
      const asOf = lockDate(process.env, new Date());
      const { builds, image } = await runBuild(
        options,
        runtime =>
          buildPlatforms(projects, runtime, (project, state) =>
            lockProject(project, state, runtime, { asOf, useCache: options.cache }),
          ),
        portsNamed(projects[0]),
      );
      const { lock } = builds.at(-1) ?? builds[0];
      const changed = builds.some(build => build.changed);
      const counts = inputSections
        .map(section => [section, lock.inputs[section].length] as const)
        .filter(([, count]) => count > 0);
      const summary = counts.map(([section, count]) => `${count} ${section}`).join(', ');
      printResult(
        options,
        {
          lock: projects[0].lockPath,
          changed,
          asOf: lock.asOf,
          image: image.digest,
          inputs: Object.fromEntries(counts),
        },
        `${changed ? 'wrote' : 'unchanged'} holdfast.lock as of ${lock.asOf}: ${summary || 'no inputs'}\n${image.digest}`,
      );
    });
}
