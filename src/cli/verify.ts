import type { Command } from 'commander';
import { verifyProject } from '../build/index.ts';
import { findingsError, shortDigest } from '../core/index.ts';
import { addProjectOptions, printResult, projectFrom, runBuild, type ProjectOptions } from './common.ts';

export function verifyCommand(program: Command): void {
  addProjectOptions(
    program
      .command('verify')
      .description('build twice from nothing but lock and store; the same digest, or why not'),
  ).action(async (directory: string, options: ProjectOptions) => {
    const project = await projectFrom(directory, options);
    const result = await runBuild(options, runtime => verifyProject(project, runtime));
    const lines = result.differences.map(
      ({ path, kind, step, cause }) => `${path}: ${kind} differs, written by ${step}; likely cause: ${cause}`,
    );
    const same = result.image !== undefined;
    printResult(
      options,
      {
        same,
        image: result.image,
        locked: result.locked,
        contextChanged: result.contextChanged,
        differences: result.differences,
      },
      same ? `the same image each time: ${result.image ?? ''}` : lines.join('\n'),
    );
    if (same) return;
    throw findingsError(
      'VERIFY_DIFFERS',
      `two builds of ${shortDigest(result.locked)} from the same inputs differ in ${lines.length} places`,
      {
        next: 'Change the steps named above: take dates from SOURCE_DATE_EPOCH, and leave out what is random.',
      },
    );
  });
}
