import { dirname } from 'node:path';
import { dockerfilePath, type BuildRuntime, type LockedBuild, type Project } from '../build/index.ts';
import { healthNote, healthSuite } from './health-suites.ts';
import {
  serviceSuites,
  suitesFrom,
  testImages,
  type NamedResult,
  type NamedSuite,
} from './structure-tests.ts';
import type { Work, Works } from './works.ts';

/**
 * The tests of each image: of a Dockerfile's those that are named, or the usual file's; of a compose project each service has
 * its own, and its health check.
 * @throws HoldfastError as `suitesFrom` does
 */
export async function suitesByWork(
  { works, compose }: Pick<Works<unknown>, 'works' | 'compose'>,
  names: readonly string[],
  isTested: (work: Work) => boolean,
): Promise<(work: Work) => readonly NamedSuite[]> {
  const [{ projects }] = works;
  if (compose === undefined) {
    const suites = await suitesFrom(names, projects[0].home);
    return () => suites;
  }
  const tested = works.filter(isTested).map(work => {
    const service = compose.services.get(work.service?.name ?? '');
    return { work, home: besideOf(work.projects[0]), health: service && healthSuite(service) };
  });
  const suites = await serviceSuites(names, tested);
  return work => suites.get(work) ?? [];
}

/** Runs an image's tests, on each of its platforms. */
export async function testWork(
  { service }: Work,
  builds: readonly LockedBuild[],
  suites: readonly NamedSuite[],
  runtime: BuildRuntime,
): Promise<NamedResult[]> {
  const results = await testImages(builds, suites, runtime);
  return service === undefined ? results : results.map(result => ({ ...result, service: service.name }));
}

/** Tells of health checks that are left out. */
export function noteHealth(
  { works, compose }: Pick<Works<unknown>, 'works' | 'compose'>,
  { note }: BuildRuntime,
): void {
  for (const { service } of works) {
    const known = compose?.services.get(service?.name ?? '');
    const text = known && healthNote(known);
    if (text !== undefined) note(text);
  }
}

function besideOf(project: Project): string {
  const path = dockerfilePath(project);
  return path === undefined ? project.context : dirname(path);
}
