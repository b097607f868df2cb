import { imagePackages, type BuildRuntime, type Hold } from '../build/index.ts';
import type { Digest } from '../core/index.ts';
import { didYouMean } from '../dockerfile/index.ts';
import { frontendOfBuild, inputSections, type InputSection, type Lock } from '../lock/index.ts';
import { sameName } from './names.ts';
import { isKindName } from './selection.ts';

/** A hold that holds nothing, since nothing is called so. */
export interface UnknownHold {
  readonly name: string;
  /** What it may be a slip of. */
  readonly near?: string | undefined;
}

/** Something that a hold may name. */
export interface Holdable {
  readonly kind: string;
  readonly name: string;
}

/** Whether a hold is one of an input: of its kind, or of its name by the kind's own rules. */
export function isHeldBy({ name }: Pick<Hold, 'name'>, input: Holdable): boolean {
  return name === input.kind || sameName(input.kind, name, input.name);
}

export function unknownHolds(holds: readonly Hold[], known: readonly Holdable[]): UnknownHold[] {
  return holds
    .filter(hold => !isKindName(hold.name) && !known.some(input => isHeldBy(hold, input)))
    .map(({ name }) => ({ name, near: nearName(name, known) }));
}

/** What of some inputs a name that is none of theirs most likely stands for. */
export function nearName(name: string, known: readonly Holdable[]): string | undefined {
  const names = [...new Set(known.map(input => input.name))];
  return didYouMean(name, names) ?? names.find(one => one.toLowerCase().includes(name.toLowerCase()));
}

/** What a lock names. */
export function holdableIn({ inputs, builds }: Pick<Lock, 'inputs' | 'builds'>): Holdable[] {
  const named = inputSections.flatMap(section =>
    inputs[section].flatMap(line => {
      const name = line[nameColumn(section) ?? ''];
      return name === undefined ? [] : [{ kind: section, name: String(name) }];
    }),
  );
  const frontends = builds.flatMap(build => frontendOfBuild(build)?.reference ?? []);
  return [...named, ...frontends.map(name => ({ kind: 'image', name }))];
}

/** Archives move with their packages, and what is not locked cannot be held. */
function nameColumn(section: InputSection): string | undefined {
  if (section === 'archives' || section === 'unlocked') return undefined;
  if (section === 'image') return 'reference';
  return section === 'git' || section === 'file' ? 'url' : 'name';
}

/** The holds that hold nothing in a lock, nor of what came with its base images. */
export async function unknownHoldsOf(
  holds: readonly Hold[],
  lock: Lock,
  { store }: Pick<BuildRuntime, 'store'>,
): Promise<UnknownHold[]> {
  const named = holdableIn(lock);
  if (unknownHolds(holds, named).length === 0) return [];
  const images: Digest[] = [];
  for (const { image } of lock.builds) if (await store.has(image)) images.push(image);
  const installed: Holdable[] = [];
  for (const image of images)
    for (const [kind, packages] of await imagePackages(image, store))
      installed.push(...packages.map(({ name }) => ({ kind, name })));
  return unknownHolds(holds, [...named, ...installed]);
}
