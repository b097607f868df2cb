import type { Command } from 'commander';
import { verifyProject } from '../build/index.ts';
import { findingsError, shortDigest, type Digest, type HoldfastError } from '../core/index.ts';
import { errorJson, errorText } from '../report/index.ts';
import {
  addProjectOptions,
  portsNamed,
  printResult,
  projectFrom,
  runBuild,
  type ProjectOptions,
} from './common.ts';
import { addStepOptions, type StepOptions } from './step-options.ts';

type VerifyOptions = ProjectOptions & StepOptions;

export function verifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('build twice from nothing but lock and store; the same digest, or why not');
  addStepOptions(addProjectOptions(command)).action(async (directory: string, options: VerifyOptions) => {
    const project = await projectFrom(directory, options);
    const result = await runBuild(options, runtime => verifyProject(project, runtime), portsNamed(project));
    const lines = result.differences.map(
      ({ path, kind, step, cause }) => `${path}: ${kind} differs, written by ${step}; likely cause: ${cause}`,
    );
    const same = result.image !== undefined;
    const error = same ? undefined : differs(result.locked, lines.length);
    printResult(
      options,
      {
        same,
        image: result.image,
        locked: result.locked,
        contextChanged: result.contextChanged,
        differences: result.differences,
        ...(error && errorJson(error)),
      },
      same ? `the same image each time: ${result.image ?? ''}` : lines.join('\n'),
    );
    if (error === undefined) return;
    // Not thrown: the result and the error are one JSON document.
    process.stderr.write(errorText(error));
    process.exitCode = error.exit;
  });
}

function differs(image: Digest, places: number): HoldfastError {
  return findingsError(
    'VERIFY_DIFFERS',
    `two builds of ${shortDigest(image)} from the same inputs differ in ${places} places`,
    {
      next: 'Change the steps named above: take dates from SOURCE_DATE_EPOCH, and leave out what is random.',
    },
  );
}
