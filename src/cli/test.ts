import type { Command } from 'commander';
import { buildPlatforms } from '../build/index.ts';
import type { Digest } from '../core/index.ts';
import { errorText } from '../report/index.ts';
import { buildOrExtend, type BuildOptions } from './build-image.ts';
import { collect } from './collect.ts';
import { addProjectOptions, addServiceOptions, printResult } from './common.ts';
import { addStepOptions } from './step-options.ts';
import { failedTests, resultsText, type NamedResult } from './structure-tests.ts';
import { noteHealth, suitesByWork, testWork } from './work-suites.ts';
import { eachWork, runWorks, worksFrom, type Work } from './works.ts';

interface TestOptions extends BuildOptions {
  readonly config?: readonly string[];
}

export function testCommand(program: Command): void {
  const command = program.command('test').description('build from the lock, and run the image’s tests');
  addServiceOptions(addStepOptions(addProjectOptions(command)))
    .option(
      '-c, --config <file>',
      'tests in the format of container-structure-test; default structure-test.yaml beside the Dockerfile',
      collect,
    )
    .option('--locked', 'fail if the lock is stale, instead of extending it; the default where CI is set')
    .option('--no-cache', 'run every step again')
    .action(test);
}

async function test(directory: string, services: readonly string[], given: TestOptions): Promise<void> {
  const all = await worksFrom({ directory, services, all: false }, given);
  const isNamed = ({ service }: Work) => services.length === 0 || services.includes(service?.name ?? '');
  // What is under a service that is named is built for it, and not tested.
  const suitesOf = await suitesByWork(all, all.options.config ?? [], isNamed);
  const { images, results } = await runWorks(all, async runtime => {
    noteHealth(all, runtime);
    const images = new Map<string, Digest>();
    const results: NamedResult[] = [];
    await eachWork(all, runtime, async work => {
      const { image, builds } = await buildPlatforms(work.projects, runtime, (project, state) =>
        buildOrExtend(project, state, runtime, all.options),
      );
      const service = work.service?.name;
      images.set(service ?? '', image.digest);
      results.push(...(await testWork(work, builds, suitesOf(work), runtime)));
    });
    return { images, results };
  });
  const error = failedTests(results, 'Mend the image or the test; the lock stays as it is.');
  const built = all.compose ? { services: Object.fromEntries(images) } : { image: images.get('') };
  printResult(given, { ...built, passed: error === undefined, results }, resultsText(results));
  if (error === undefined) return;
  process.stderr.write(errorText(error));
  process.exitCode = error.exit;
}
