import type { Command } from 'commander';
import { verifyProject, type Verification } from '../build/index.ts';
import { findingsError, shortDigest, type Digest, type HoldfastError } from '../core/index.ts';
import { errorJson, errorText, printable } from '../report/index.ts';
import {
  addProjectOptions,
  addServiceOptions,
  printResult,
  shortened,
  type ProjectOptions,
} from './common.ts';
import { addStepOptions, type StepOptions } from './step-options.ts';
import { eachWork, runWorks, worksFrom } from './works.ts';

type VerifyOptions = ProjectOptions & StepOptions;

export function verifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('build twice from nothing but lock and store; the same digest, or why not');
  addServiceOptions(addStepOptions(addProjectOptions(command))).action(verify);
}

interface NamedVerification extends Verification {
  readonly service?: string;
}

async function verify(directory: string, services: readonly string[], given: VerifyOptions): Promise<void> {
  const all = await worksFrom({ directory, services, all: true }, given);
  const results = await runWorks(all, async runtime => {
    const verified: NamedVerification[] = [];
    await eachWork(all, runtime, async ({ projects, service }) => {
      for (const project of projects)
        verified.push({
          ...(service && { service: service.name }),
          ...(await verifyProject(project, runtime)),
        });
    });
    return verified;
  });
  const found = results.find(({ image }) => image === undefined);
  const differences = results.flatMap(result => result.differences);
  const error = found && differs(found.locked, differences.length);
  const facts = results.map(result => ({ same: result.image !== undefined, ...result }));
  const several = all.compose ? { services: facts } : { platforms: facts };
  printResult(
    given,
    {
      ...(facts.length === 1 ? facts[0] : { same: found === undefined, ...several }),
      ...(error && errorJson(error)),
    },
    results.map(resultText).join('\n'),
  );
  if (error === undefined) return;
  // Not thrown: the result and the error are one JSON document.
  process.stderr.write(errorText(error));
  process.exitCode = error.exit;
}

/** A line for each file, and then what the causes mean. */
function resultText({ service, image, differences }: NamedVerification): string {
  const name = service === undefined ? '' : `${service}: `;
  if (image !== undefined) return `${name}the same image each time: ${image}`;
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
