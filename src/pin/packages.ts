import { isFollowed, type Edit } from '../check/index.ts';
import { exactForms, type ExactForm } from '../kinds/pins/index.ts';
import type { InstallRequest, Item } from '../kinds/requests/index.ts';
import type { Changes } from './changes.ts';
import type { LockedPackage, LockedStep } from './locked-steps.ts';
import { wordEdit } from './placing.ts';

type LockedEcosystem = keyof typeof exactForms;

export function hasExactForm(ecosystem: string): ecosystem is LockedEcosystem {
  return Object.hasOwn(exactForms, ecosystem);
}

/** An item of a command as it shall be written. */
export interface ExactItem {
  readonly edit: Edit;
  readonly what: string;
}

/** Writes the locked versions behind the names in a command. Each name is a change of its own. */
export function pinPackages(
  request: InstallRequest,
  step: LockedStep,
  { text, changes, isHeld }: { text: string; changes: Changes; isHeld: boolean },
): void {
  for (const item of request.items) {
    if (item.firmness === 'exact' || item.firmness === 'content') continue;
    const exact = exactItem(item, request, step, text);
    const { range } = item.argument.word;
    if ('edit' in exact)
      changes.add({ edits: [exact.edit], pins: [{ kind: 'package', range, what: exact.what }] });
    // What the base has already cannot move where both it and the archive stand still.
    else if (exact.code !== 'NOT_LOCKED' || !isHeld) changes.leave(exact.code, range, item.name, exact.why);
  }
}

interface Why {
  readonly code: 'NOT_LOCKED' | 'AMBIGUOUS' | 'NO_FORM' | 'NOT_KNOWN';
  readonly why: string;
}

function exactItem(item: Item, request: InstallRequest, step: LockedStep, text: string): ExactItem | Why {
  const { ecosystem, tool } = request;
  if (!hasExactForm(ecosystem))
    return { code: 'NO_FORM', why: `the lock knows what ${tool} takes as files, without versions` };
  if (!item.argument.known)
    return { code: 'NOT_KNOWN', why: 'a variable in it has no value in the Dockerfile' };
  if (isFollowed(item.argument.word.range))
    return { code: 'NO_FORM', why: 'it stands in a script of the build' };
  const form: ExactForm = exactForms[ecosystem];
  const found = longestNamed(step.packages(ecosystem).filter(one => form.isOf(item, one)));
  const [first] = found;
  if (first === undefined)
    return {
      code: 'NOT_LOCKED',
      why: 'the step took no package of this name: it is there already, or goes by another name',
    };
  const versions = new Set(found.map(({ version }) => version));
  if (versions.size > 1)
    return { code: 'AMBIGUOUS', why: `the lock has it as ${[...versions].toSorted().join(' and ')}` };
  const what = form.exact(item, first, request);
  const edit = what === undefined ? undefined : wordEdit(item.argument, what, text);
  if (what === undefined) return { code: 'NO_FORM', why: `${tool} takes no version here` };
  if (edit !== undefined) return { edit, what };
  const why =
    item.argument.origin === undefined
      ? 'its name does not stand in the command as one plain word'
      : 'it comes from a variable, which more than this command may read';
  return { code: 'NO_FORM', why };
}

/** Of modules that lie inside of each other the innermost. */
function longestNamed(found: readonly LockedPackage[]): LockedPackage[] {
  const longest = Math.max(0, ...found.map(({ name }) => name.length));
  return found.filter(({ name }) => name.length === longest);
}
