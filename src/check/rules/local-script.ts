import { isPosixShell, type Invocation } from '../../dockerfile/shell/index.ts';
import { lineage, type AnalysedStage, type Step } from '../analysis.ts';
import type { Rule } from '../rule.ts';
import { shown } from './subjects.ts';

export const localScript: Rule = {
  id: 'local-script',
  title: 'a script of the build that is run',
  severity: 'note',
  profiles: ['reproducible', 'secure'],
  reason: 'What it downloads is not in the Dockerfile, so it is not checked here.',
  advice: 'Let `holdfast lock` record what it takes.',
  bad: 'FROM debian:bookworm\nCOPY install.sh /tmp/\nRUN sh /tmp/install.sh\n',
  good: 'FROM debian:bookworm\nRUN apt-get install -y --no-install-recommends curl=7.88.1-10+deb12u8\n',
  peers: {},
  *find({ stages }) {
    for (const stage of stages) {
      const copied = copiedNames(stage);
      for (const { run } of stage.steps)
        for (const invocation of run?.invocations ?? []) {
          const script = scriptOf(invocation);
          if (script === undefined || !copied.some(name => name === '*' || script.endsWith(name))) continue;
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

/** The path of a script that a command runs. */
function scriptOf({ name, program, args }: Invocation): string | undefined {
  if (/^\.?\.?\/.*\.(sh|bash)$/.test(program.text)) return program.text;
  if (!isPosixShell(name) && name !== 'source' && name !== '.') return undefined;
  const first = args.find(({ text }) => !/^[-+]/.test(text));
  if (args.some(({ text }) => /^-[a-z]*c[a-z]*$/.test(text))) return undefined;
  return first !== undefined && /\.(sh|bash)$/.test(first.text) ? first.text : undefined;
}
