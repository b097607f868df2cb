import { counted } from '../core/index.ts';
import type { Run, RunInStage } from '../check/index.ts';
import type { KindName } from '../kinds/index.ts';
import type { InstallRequest, Request } from '../kinds/requests/index.ts';
import { inputSections, isPackageSection } from '../lock/index.ts';
import type { Changes } from './changes.ts';
import type { LockedStep } from './locked-steps.ts';

/** What is pinned of a step, whoever did it. */
export interface StepPins {
  /** apt reads archives that stand still. */
  readonly aptHeld: boolean;
  /** pip is told of the whole closure. */
  readonly pypiHeld: boolean;
}

/** Whether a request may be answered otherwise another day, as far as its command says. */
export function isOpen(request: Request): boolean {
  switch (request.action) {
    case 'install':
      return request.items.some(({ firmness }) => firmness === 'none' || firmness === 'range');
    case 'restore':
      return request.locked === 'no' && !isConstrained(request);
    case 'clone':
      return request.firmness !== 'content';
    case 'upgrade':
      return true;
    case 'download':
    case 'repository':
    case 'key':
    case 'unchecked':
      return false;
  }
}

function isConstrained({ invocation }: Request): boolean {
  return invocation.args.some(({ text }) => /holdfast-constraints(-\d+)?\.txt$/.test(text));
}

/** Says of what is chosen anew by each build though the commands are pinned. */
export function leaveIndirect({ run }: RunInStage, step: LockedStep, held: StepPins, changes: Changes): void {
  for (const request of run.requests) {
    const { range } = request.at.word;
    if (request.action === 'upgrade' && !(request.ecosystem === 'apt' && held.aptHeld))
      changes.leave('NO_FORM', range, `${request.tool} ${request.at.text}`, 'it takes whatever is newest');
    if (request.action === 'key')
      changes.leave('NO_FORM', range, request.at.text, 'the key is whatever its server gives');
    if (request.action === 'restore' && isOpen(request) && !(request.ecosystem === 'pypi' && held.pypiHeld))
      changes.leave(
        'INDIRECT',
        range,
        `${request.tool} ${request.at.text}`,
        `what the project asks for is chosen anew; better: ${request.remedy?.advice ?? 'a lock file of its own'}`,
      );
  }
  for (const kind of inputSections)
    if (isPackageSection(kind)) leaveDependencies(kind, run, step, held, changes);
  leaveUnnamed(run, step, changes);
}

/** Ecosystems in which the version of a package says all that it depends on. */
const closed: ReadonlySet<string> = new Set(['go']);

function leaveDependencies(
  kind: Exclude<KindName, 'image' | 'git' | 'file'>,
  run: Run,
  step: LockedStep,
  held: StepPins,
  changes: Changes,
): void {
  const packages = new Set(step.packages(kind).map(({ name }) => name));
  const asking = run.requests.filter(({ ecosystem }) => ecosystem === kind);
  const [first] = asking;
  const isHeld = (kind === 'apt' && held.aptHeld) || (kind === 'pypi' && held.pypiHeld) || closed.has(kind);
  if (packages.size === 0 || (first !== undefined && isHeld)) return;
  if (first === undefined) {
    changes.leave(
      'INDIRECT',
      run.instruction.range,
      counted(packages.size, `${kind} package`),
      'no command of the step names them: what it runs asks for them',
    );
    return;
  }
  const installs = asking.filter((one): one is InstallRequest => one.action === 'install');
  const isLocked = asking.some(one => one.action === 'restore' && one.locked === 'yes');
  const named = new Set(installs.flatMap(({ items }) => items.map(({ name }) => name.toLowerCase())));
  const others = [...packages].filter(name => !named.has(name.toLowerCase()));
  if (others.length > 0 && installs.length > 0 && !isLocked)
    changes.leave(
      'INDIRECT',
      first.at.word.range,
      counted(others.length, `${kind} package`),
      'those that are named depend on them, and the command takes no versions for them',
    );
}

function leaveUnnamed({ requests, instruction }: Run, step: LockedStep, changes: Changes): void {
  const downloads = requests.filter(one => one.action === 'download');
  // By content, since a redirect leads from the URL that is named to another one.
  const named = new Set(downloads.map(({ url }) => step.body(url.text)));
  const [first, ...more] = step.files().filter(({ sha256 }) => !named.has(sha256));
  if (first === undefined) return;
  changes.leave(
    'INDIRECT',
    instruction.range,
    more.length === 0 ? first.url : `${first.url} and ${more.length} more`,
    'no command of the step names it: what it runs downloads it',
  );
}
