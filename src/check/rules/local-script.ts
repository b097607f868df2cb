import type { Invocation } from '../../dockerfile/shell/index.ts';
import { lineage, type AnalysedStage, type Step } from '../analysis.ts';
import { isFollowed, scriptPath } from '../followed-scripts.ts';
import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const localScript: Rule = {
  id: 'local-script',
  title: 'a script that could not be followed',
  severity: 'note',
  profiles: ['reproducible', 'secure'],
  reason: 'The script was not found beside the Dockerfile, so what it downloads is not checked.',
  advice: 'Let `holdfast lock` record what it takes.',
  bad: 'FROM debian:bookworm\nCOPY install.sh /tmp/\nRUN sh /tmp/install.sh\n',
  good: 'FROM debian:bookworm\nRUN apt-get install -y --no-install-recommends curl=7.88.1-10+deb12u8\n',
  notes:
    'Scripts that are copied from the build context and run are followed: what they ask for is found as if it stood in the RUN. The context is looked for beside the Dockerfile, and in the directory that the program is run in.',
  peers: {},
  *find({ stages }) {
    for (const stage of stages) {
      const copied = copiedNames(stage);
      for (const { run } of stage.steps)
        for (const [index, invocation] of (run?.invocations ?? []).entries()) {
          const script = scriptOf(invocation);
          if (script === undefined || !copied.some(name => name === '*' || script.endsWith(name))) continue;
          const next = run?.invocations[index + 1];
          if (next !== undefined && isFollowed(next.range)) continue;
          yield { range: invocation.program.word.range, message: `${shown(script)} is not read` };
        }
    }
  },
};

/** Last parts of the paths that the build's own files come to; `*` where a directory's content is not known. */
function copiedNames(stage: AnalysedStage): string[] {
  const steps: readonly Step[] = lineage(stage).flatMap(one => one.steps);
  return steps.flatMap(({ instruction }) => {
    if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') return [];
    const sources = instruction.sources.map(({ text }) => text);
    const named = [...sources, instruction.destination.text].map(path => path.replace(/^.*\//, ''));
    // A directory, or a pattern: nobody can say here which files it brings.
    const many = sources.some(path => /[*?/]$|^\.{1,2}$|(^|\/)[^.]+$/.test(path));
    return [...named.filter(name => name.endsWith('.sh')), ...(many ? ['*'] : [])];
  });
}

/** What looks like a script by its name; of other programs nobody knows. */
function scriptOf(invocation: Invocation): string | undefined {
  const path = scriptPath(invocation);
  return path !== undefined && /\.(sh|bash)$/.test(path) ? path : undefined;
}
