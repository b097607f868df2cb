import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { explain, readLockState, type Explanation } from '../build/index.ts';
import { formatBytes, printable } from '../report/index.ts';
import {
  addProjectOptions,
  printResult,
  projectFrom,
  runBuild,
  shortened,
  type ProjectOptions,
} from './common.ts';

export function explainCommand(program: Command): void {
  addProjectOptions(
    program.command('explain').description('who asked for an input, what it was given, and from where'),
  )
    .argument('[what]', 'an input’s name, URL or digest, or the number of a line of the Dockerfile')
    .action(async (first: string, second: string | undefined, options: ProjectOptions) => {
      // `holdfast explain NAME` in the project itself is what is typed most.
      const isDirectory = statSync(first, { throwIfNoEntry: false })?.isDirectory() ?? false;
      const [directory, what] = second === undefined && !isDirectory ? ['.', first] : [first, second];
      const project = await projectFrom(directory, options);
      const found = await runBuild(options, async runtime =>
        explain(project, await readLockState(project, runtime), what),
      );
      const text = found.map(explanationText).join('\n');
      printResult(options, { inputs: found }, text === '' ? 'took nothing from outside' : text);
    });
}

function explanationText({ section, name, line, askedBy }: Explanation): string {
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
    ...asked,
  ].join('\n');
}
