import { dirname } from 'node:path';
import type { Command } from 'commander';
import { buildPlatforms, dockerfilePath, type BuildRuntime, type Project } from '../build/index.ts';
import type { ComposeService } from '../compose/index.ts';
import type { Digest } from '../core/index.ts';
import { errorText } from '../report/index.ts';
import { buildOrExtend, type BuildOptions } from './build-image.ts';
import { collect } from './collect.ts';
import { addProjectOptions, addServiceOptions, printResult } from './common.ts';
import { healthNote, healthSuite } from './health-suites.ts';
import { addStepOptions } from './step-options.ts';
import {
  failedTests,
  resultsText,
  serviceSuites,
  suitesFrom,
  testImages,
  type NamedResult,
  type NamedSuite,
} from './structure-tests.ts';
import { eachWork, runWorks, worksFrom, type Work, type Works } from './works.ts';

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
  const suitesOf = await suitesByWork(all, services);
  const { images, results } = await runWorks(all, async runtime => {
    for (const { service } of all.works) noteHealth(all.compose?.services.get(service?.name ?? ''), runtime);
    const images = new Map<string, Digest>();
    const results: NamedResult[] = [];
    await eachWork(all, runtime, async work => {
      const { image, builds } = await buildPlatforms(work.projects, runtime, (project, state) =>
        buildOrExtend(project, state, runtime, all.options),
      );
      const service = work.service?.name;
      images.set(service ?? '', image.digest);
      const done = await testImages(builds, suitesOf(work), runtime);
      results.push(...done.map(result => (service === undefined ? result : { ...result, service })));
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

/** What is under a service that is named is built for it, and not tested. */
async function suitesByWork(
  { works, compose, options }: Works<TestOptions>,
  services: readonly string[],
): Promise<(work: Work) => readonly NamedSuite[]> {
  const { config = [] } = options;
  const [{ projects }] = works;
  if (compose === undefined) {
    const suites = await suitesFrom(config, projects[0].home);
    return () => suites;
  }
  const tested = works.flatMap(work => {
    const name = work.service?.name ?? '';
    if (services.length > 0 && !services.includes(name)) return [];
    const service = compose.services.get(name);
    return [{ name, home: besideOf(work.projects[0]), health: service && healthSuite(service) }];
  });
  const suites = await serviceSuites(config, tested);
  return ({ service }) => suites.get(service?.name ?? '') ?? [];
}

function noteHealth(service: ComposeService | undefined, { note }: BuildRuntime): void {
  const text = service && healthNote(service);
  if (text !== undefined) note(text);
}

function besideOf(project: Project): string {
  const path = dockerfilePath(project);
  return path === undefined ? project.context : dirname(path);
}
