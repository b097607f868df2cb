import { checkedOut, gitReferenceFirmness, type CloneRequest } from '../../kinds/requests/index.ts';
import { type Run } from '../analysis.ts';
import type { Fix } from '../finding.ts';
import type { Rule } from '../rule.ts';
import { resolved } from '../values.ts';
import { shown } from './subjects.ts';
import { isGitUrl } from './urls.ts';

export const gitCommit: Rule = {
  id: 'git-commit',
  title: 'a repository without a commit',
  severity: 'warning',
  profiles: ['reproducible', 'secure'],
  reason: 'A branch is whatever was pushed last, and a tag can be moved.',
  advice:
    'Check out a commit in full behind the clone, or write it in ADD’s URL; with a lock, `check --fix` does the latter.',
  bad: 'FROM alpine/git:v2.45.2\nRUN git clone --depth 1 https://example.org/tool.git\n',
  good: 'FROM alpine/git:v2.45.2\nRUN git clone https://example.org/tool.git && git -C tool checkout 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n',
  notes:
    'A checkout of a commit anywhere in the same RUN counts. A variable that nothing here gives a value counts as a commit where its name says so.',
  peers: {},
  *find(file, { locked }) {
    for (const { run } of file.runs)
      for (const request of run.requests) {
        if (request.action !== 'clone' || request.firmness === 'content' || movesToCommit(request, run))
          continue;
        const what = request.ref === undefined ? 'its default branch' : shown(request.ref);
        yield { range: request.url.word.range, message: `${shown(request.url.text)} is taken at ${what}` };
      }
    const { escape } = file.dockerfile.directives;
    for (const { steps } of file.stages)
      for (const { instruction, values } of steps) {
        if (instruction.keyword !== 'ADD' || instruction.checksum !== undefined) continue;
        for (const source of instruction.sources) {
          const { text, known } = resolved(source, values, escape);
          if (!isGitUrl(text)) continue;
          const [url = '', fragment] = text.split('#');
          const [ref, directory] = (fragment ?? '').split(':');
          if (gitReferenceFirmness(ref) === 'content' || /[?&](checksum|commit)=[0-9a-f]{7,}/i.test(text))
            continue;
          const plain = known && !/[$"'\\`]/.test(source.text);
          const commit = plain ? locked?.commit(url, ref || undefined) : undefined;
          const fix: Fix | undefined =
            commit === undefined
              ? undefined
              : {
                  title: 'write the commit',
                  edits: [
                    {
                      start: source.range.start,
                      end: source.range.end,
                      text: `${url}#${commit}${directory === undefined ? '' : `:${directory}`}`,
                    },
                  ],
                };
          const what = ref ? shown(ref) : 'its default branch';
          yield { range: source.range, message: `${shown(url)} is taken at ${what}`, ...(fix && { fix }) };
        }
      }
  },
};

function movesToCommit({ invocation }: CloneRequest, { invocations }: Run): boolean {
  return invocations
    .slice(invocations.indexOf(invocation) + 1)
    .flatMap(checkedOut)
    .some(ref => /^[0-9a-f]{7,64}$/i.test(ref) || /^\$\{\w*(commit|sha|rev|hash)\w*\}$/i.test(ref));
}
