import type { Command } from 'commander';
import { lockProject, readLockState } from '../build/index.ts';
import { inputSections } from '../lock/index.ts';
import {
  addProjectOptions,
  portsNamed,
  printResult,
  projectFrom,
  runBuild,
  type ProjectOptions,
} from './common.ts';
import { lockDate } from './lock-date.ts';

export function lockCommand(program: Command): void {
  addProjectOptions(
    program.command('lock').description('bring holdfast.lock up to date; move nothing that it already holds'),
  )
    .option('--no-cache', 'run every step again')
    .action(async (directory: string, options: ProjectOptions & { cache: boolean }) => {
      const project = await projectFrom(directory, options);
      const asOf = lockDate(process.env, new Date());
      const result = await runBuild(
        options,
        async runtime =>
          lockProject(project, await readLockState(project, runtime), runtime, {
            asOf,
            useCache: options.cache,
          }),
        portsNamed(project),
      );
      const { lock, changed, image } = result;
      const counts = inputSections
        .map(section => [section, lock.inputs[section].length] as const)
        .filter(([, count]) => count > 0);
      const summary = counts.map(([section, count]) => `${count} ${section}`).join(', ');
      printResult(
        options,
        {
          lock: project.lockPath,
          changed,
          asOf: lock.asOf,
          image: image.digest,
          inputs: Object.fromEntries(counts),
        },
        `${changed ? 'wrote' : 'unchanged'} holdfast.lock as of ${lock.asOf}: ${summary || 'no inputs'}\n${image.digest}`,
      );
    });
}
