import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withRunnableImage, type BuildRuntime, type LockedBuild } from '../build/index.ts';
import {
  errnoOf,
  findingsError,
  formatPlatform,
  messageOf,
  usageError,
  type HoldfastError,
} from '../core/index.ts';
import { printable } from '../report/index.ts';
import { parseSuite, runSuite, type Suite, type TestResult } from '../structure/index.ts';

/** Where tests are looked for beside the Dockerfile, unless files are named. */
const usualNames = ['structure-test.yaml', 'structure-test.yml', 'container-structure-test.yaml'];

export interface NamedSuite {
  readonly name: string;
  readonly suite: Suite;
}

export interface NamedResult extends TestResult {
  /** The file of the test. */
  readonly file: string;
  /** Where several platforms were built. */
  readonly platform?: string | undefined;
  /** Of a compose project. */
  readonly service?: string | undefined;
}

/**
 * The tests that are named, or the usual file's.
 * @throws HoldfastError TEST_NONE, TEST_UNREADABLE, TEST_INVALID (exit 2)
 */
export async function suitesFrom(names: readonly string[], home: string): Promise<NamedSuite[]> {
  const suites: NamedSuite[] = [];
  for (const name of names) suites.push({ name, suite: parseSuite(await readTests(name), name) });
  if (names.length > 0) return suites;
  const usual = await usualSuites(home);
  if (usual.length > 0) return usual;
  throw noTests();
}

/**
 * The tests of each service: those that are named, or the usual file's beside its Dockerfile and the health check that
 * the compose file gives it.
 */
export async function serviceSuites<Work>(
  names: readonly string[],
  services: readonly {
    readonly work: Work;
    readonly home: string;
    readonly health?: NamedSuite | undefined;
  }[],
): Promise<Map<Work, NamedSuite[]>> {
  const found = new Map<Work, NamedSuite[]>();
  for (const { work, home, health } of services) {
    const suites = names.length > 0 ? await suitesFrom(names, home) : await usualSuites(home);
    if (health !== undefined && names.length === 0) suites.push(health);
    if (suites.length > 0) found.set(work, suites);
  }
  if (found.size > 0) return found;
  throw noTests();
}

async function usualSuites(home: string): Promise<NamedSuite[]> {
  for (const name of usualNames) {
    const text = await readFile(join(home, name), 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw unreadable(name, error);
    });
    if (text !== undefined) return [{ name, suite: parseSuite(text, name) }];
  }
  return [];
}

function noTests(): HoldfastError {
  return usageError(
    'TEST_NONE',
    'there are no tests beside the Dockerfile, and no health check in a compose file',
    {
      next: `Write ${usualNames[0]} (docs/testing.md), or name a file with --config, of an update with --test.`,
    },
  );
}

async function readTests(name: string): Promise<string> {
  try {
    return await readFile(name, 'utf8');
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, cause: unknown): HoldfastError {
  return usageError('TEST_UNREADABLE', `${name}: ${messageOf(cause)}`, {
    next: 'Name a file of tests with --config.',
    cause,
  });
}

/** Runs all tests on each image. */
export async function testImages(
  builds: readonly LockedBuild[],
  suites: readonly NamedSuite[],
  runtime: BuildRuntime,
): Promise<NamedResult[]> {
  const results: NamedResult[] = [];
  for (const build of builds) {
    const platform =
      builds.length > 1 && build.image.platform ? formatPlatform(build.image.platform) : undefined;
    await withRunnableImage(build, runtime, async image => {
      for (const { name, suite } of suites)
        for (const result of await runSuite(suite, image)) results.push({ ...result, file: name, platform });
    });
  }
  return results;
}

/** One line a test, and below it what is wrong. */
export function resultsText(results: readonly NamedResult[]): string {
  const lines = results.flatMap(({ kind, name, problems, platform, service }) => [
    `${problems.length === 0 ? 'pass' : 'FAIL'}  ${service === undefined ? '' : `${service} `}${kind}: ${printable(name)}${platform === undefined ? '' : ` (${platform})`}`,
    ...problems.map(problem => `      ${printable(problem)}`),
  ]);
  return [
    ...lines,
    `${results.length - failures(results).length} passed, ${failures(results).length} failed`,
  ].join('\n');
}

/** @returns TESTS_FAILED (exit 1); nothing where all passed */
export function failedTests(results: readonly NamedResult[], next: string): HoldfastError | undefined {
  const failed = failures(results);
  const [first] = failed;
  if (first === undefined) return undefined;
  return findingsError(
    'TESTS_FAILED',
    `${failed.length} of ${results.length} tests failed, the first is "${first.name}": ${first.problems[0] ?? ''}`,
    { next },
  );
}

const failures = (results: readonly NamedResult[]) => results.filter(({ problems }) => problems.length > 0);
