import { posix } from 'node:path';
import type { Run, RunInStage } from '../check/index.ts';
import type { InputLine } from '../lock/index.ts';
import { checkedOut, type CloneRequest } from '../kinds/requests/index.ts';
import type { Changes } from './changes.ts';
import type { LockedStep } from './locked-steps.ts';
import { isInOwnPlace, shellPath } from './placing.ts';
import type { UnpinnedCode } from './result.ts';

/** Has each clone moved to the commit that the lock holds. */
export function pinClones(
  { run }: RunInStage,
  step: LockedStep,
  { text, changes }: { text: string; changes: Changes },
): void {
  for (const request of run.requests) {
    if (request.action !== 'clone' || request.firmness === 'content' || isMoved(request, run)) continue;
    const { url, invocation, ref } = request;
    const { range } = url.word;
    const leave = (code: UnpinnedCode, why: string) => changes.leave(code, range, url.text, why);
    if (!url.known) {
      leave('NOT_KNOWN', 'its URL is worked out while the step runs');
      continue;
    }
    const commits = new Set(
      step
        .commits()
        .filter(line => isAt(line, url.text, ref))
        .map(({ commit }) => String(commit)),
    );
    const [commit] = commits;
    const directory = directoryOf(request);
    if (commit === undefined || commits.size > 1 || !/^[0-9a-f]{40,64}$/.test(commit))
      leave(
        commits.size > 1 ? 'AMBIGUOUS' : 'NOT_LOCKED',
        'the lock has not one commit that the step took from it',
      );
    else if (directory === undefined || !isInOwnPlace(invocation, run, text))
      leave('NO_FORM', 'it stands where no checkout can be put behind it');
    else {
      const { end } = invocation.range;
      const commands = checkoutCommands(request, directory, commit).map(command => ` && ${command}`);
      changes.add({
        edits: [{ start: end, end, text: commands.join('') }],
        pins: [{ kind: 'git', range, what: `${url.text} at ${commit}` }],
      });
    }
  }
}

function isMoved({ invocation }: CloneRequest, { invocations }: Run): boolean {
  return invocations
    .slice(invocations.indexOf(invocation) + 1)
    .flatMap(checkedOut)
    .some(ref => /^[0-9a-f]{40,64}$/i.test(ref));
}

function isAt({ url, ref: locked }: InputLine, asked: string, ref: string | undefined): boolean {
  const plain = (text: string) => text.replace(/\/+$/, '').replace(/\.git$/, '');
  if (plain(String(url)) !== plain(asked)) return false;
  return ref === undefined || [ref, `refs/heads/${ref}`, `refs/tags/${ref}`].includes(String(locked));
}

/** Where the working tree lies, for the shell that has just cloned it; a bare repository has none. */
function directoryOf({ invocation, directory }: CloneRequest): string | undefined {
  const words = invocation.args.map(({ text }) => text);
  const odd = /^(--bare|--mirror|-n|--no-checkout|--git-dir.*|--work-tree.*|--separate-git-dir.*)$/;
  if (directory === undefined || words.some(word => odd.test(word))) return undefined;
  const from = words[words.indexOf('-C') + 1];
  return shellPath(words.includes('-C') && from !== undefined ? posix.join(from, directory) : directory);
}

function checkoutCommands({ invocation }: CloneRequest, directory: string, commit: string): string[] {
  const words = invocation.args.map(({ text }) => text);
  const git = `git -C ${directory}`;
  // A clone without its history may lack the commit once the branch has moved.
  const isShallow = words.some(word => /^--(depth|shallow-since|shallow-exclude)/.test(word));
  const hasModules = words.some(word => /^--recurs(e-submodules|ive)/.test(word));
  return [
    ...(isShallow ? [`${git} fetch -q --depth 1 origin ${commit}`] : []),
    `${git} checkout -q ${commit}`,
    ...(hasModules ? [`${git} submodule update -q --init --recursive`] : []),
  ];
}
