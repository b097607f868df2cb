import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { explain, readLockState, type ExplainedBuild, type Explanation } from '../build/index.ts';
import { formatBytes, printable } from '../report/index.ts';
import {
  addProjectOptions,
  addServiceNames,
  printResult,
  shortened,
  type ProjectOptions,
  type ServiceNames,
} from './common.ts';
import { runWorks, worksFrom } from './works.ts';

type ExplainOptions = ProjectOptions & ServiceNames;

export function explainCommand(program: Command): void {
  const command = program
    .command('explain')
    .description('who asked for an input, what it was given, and from where');
  addServiceNames(addProjectOptions(command))
    .argument(
      '[what]',
      'an input’s name, URL or digest, or the number of a line of the Dockerfile; of several FILE:LINE',
    )
    .action(async (first: string, second: string | undefined, options: ExplainOptions) => {
      // `holdfast explain NAME` in the project itself is what is typed most.
      const isDirectory = statSync(first, { throwIfNoEntry: false })?.isDirectory() ?? false;
      const [directory, what] = second === undefined && !isDirectory ? ['.', first] : [first, second];
      const found = await explained(directory, what, options);
      const text = found.map(explanationText).join('\n');
      printResult(options, { inputs: found }, text === '' ? 'took nothing from outside' : text);
    });
}

async function explained(
  directory: string,
  what: string | undefined,
  options: ExplainOptions,
): Promise<Explanation[]> {
  const { service: names = [] } = options;
  const all = await worksFrom({ directory, services: names, all: true }, options);
  return runWorks(all, async runtime => {
    const builds: ExplainedBuild[] = [];
    for (const { projects, service } of all.works) {
      // What a named service is built from is not named by it.
      if (names.length > 0 && !names.includes(service?.name ?? '')) continue;
      const [project] = projects;
      builds.push({ project, service: service?.name, state: await readLockState(project, runtime) });
    }
    return explain(builds, what);
  });
}

function explanationText({ section, name, line, askedBy, services = [] }: Explanation): string {
  const { version, size, sha256, url, manifest, commit, date } = line;
  const given = [
    version ?? commit ?? date,
    typeof size === 'number' ? formatBytes(size) : undefined,
    sha256 === undefined ? manifest : `sha256:${String(sha256)}`,
  ].filter(part => part !== undefined);
  const asked = askedBy.map(
    ({ where, instruction }) =>
      `  asked by  ${where.file}:${where.line}  ${printable(shortened(instruction))}`,
  );
  return [
    `${section} ${printable(name)}`,
    ...(given.length > 0 ? [`  given     ${given.map(part => printable(String(part))).join('  ')}`] : []),
    ...(typeof url === 'string' && url !== name ? [`  from      ${printable(url)}`] : []),
    ...(services.length > 0 ? [`  taken by  ${services.map(printable).join(', ')}`] : []),
    ...asked,
  ].join('\n');
}
