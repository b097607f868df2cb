import type { Command } from 'commander';
import { verifyProject, type Verification } from '../build/index.ts';
import { findingsError, shortDigest, type Digest, type HoldfastError } from '../core/index.ts';
import { errorJson, errorText, printable } from '../report/index.ts';
import {
  addProjectOptions,
  portsNamed,
  printResult,
  projectsFrom,
  runBuild,
  shortened,
  type ProjectOptions,
} from './common.ts';
import { addStepOptions, type StepOptions } from './step-options.ts';

type VerifyOptions = ProjectOptions & StepOptions;

export function verifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('build twice from nothing but lock and store; the same digest, or why not');
  addStepOptions(addProjectOptions(command)).action(async (directory: string, options: VerifyOptions) => {
    const projects = await projectsFrom(directory, options);
    const results = await runBuild(
      options,
      async runtime => {
        const verified: Verification[] = [];
        for (const project of projects) verified.push(await verifyProject(project, runtime));
        return verified;
      },
      portsNamed(projects[0]),
    );
    const found = results.find(({ image }) => image === undefined);
    const differences = results.flatMap(result => result.differences);
    const error = found && differs(found.locked, differences.length);
    const facts = results.map(result => ({ same: result.image !== undefined, ...result }));
    printResult(
      options,
      {
        ...(facts.length === 1 ? facts[0] : { same: found === undefined, platforms: facts }),
        ...(error && errorJson(error)),
      },
      results.map(resultText).join('\n'),
    );
    if (error === undefined) return;
    // Not thrown: the result and the error are one JSON document.
    process.stderr.write(errorText(error));
    process.exitCode = error.exit;
  });
}

/** A line for each file, and then what the causes mean. */
function resultText({ image, differences }: Verification): string {
  if (image !== undefined) return `the same image each time: ${image}`;
  const files = differences.map(
    ({ path, kind, step, cause }) =>
      `${printable(path)}: ${kind} differs, written by ${printable(shortened(step))}; likely cause: ${cause}`,
  );
  const causes = new Set(differences.map(({ cause, why }) => `likely cause ${cause}: ${why}`));
  return [...files, ...causes].join('\n');
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
