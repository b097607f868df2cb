import type { Command } from 'commander';
import { buildPlatforms } from '../build/index.ts';
import { errorText } from '../report/index.ts';
import { buildOrExtend, type BuildOptions } from './build-image.ts';
import { collect } from './collect.ts';
import { addProjectOptions, portsNamed, printResult, projectsFrom, runBuild } from './common.ts';
import { addStepOptions } from './step-options.ts';
import { failedTests, resultsText, suitesFrom, testImages } from './structure-tests.ts';

interface TestOptions extends BuildOptions {
  readonly config?: readonly string[];
}

export function testCommand(program: Command): void {
  const command = program.command('test').description('build from the lock, and run the image’s tests');
  addStepOptions(addProjectOptions(command))
    .option(
      '-c, --config <file>',
      'tests in the format of container-structure-test; default structure-test.yaml beside the Dockerfile',
      collect,
    )
    .option('--locked', 'fail if the lock is stale, instead of extending it; the default where CI is set')
    .option('--no-cache', 'run every step again')
    .action(async (directory: string, options: TestOptions) => {
      const projects = await projectsFrom(directory, options);
      const suites = await suitesFrom(options.config ?? [], projects[0].home);
      const { image, results } = await runBuild(
        options,
        async runtime => {
          const built = await buildPlatforms(projects, runtime, (project, state) =>
            buildOrExtend(project, state, runtime, options),
          );
          return { image: built.image, results: await testImages(built.builds, suites, runtime) };
        },
        portsNamed(projects[0]),
      );
      const error = failedTests(results, 'Mend the image or the test; the lock stays as it is.');
      printResult(
        options,
        { image: image.digest, passed: error === undefined, results },
        resultsText(results),
      );
      if (error === undefined) return;
      process.stderr.write(errorText(error));
      process.exitCode = error.exit;
    });
}
