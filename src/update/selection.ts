import type { Hold } from '../build/index.ts';
import { usageError, type HoldfastError } from '../core/index.ts';
import { kinds, type KindName } from '../kinds/index.ts';

/** What an update moves. */
export interface Selection {
  readonly kinds: ReadonlySet<KindName>;
  /** Packages, images, repositories and URLs, each by the name that the lock has for it. */
  readonly names: ReadonlySet<string>;
  /** Of these kinds, what stays all the same. */
  readonly held: ReadonlySet<string>;
}

const allKinds: ReadonlySet<KindName> = new Set(['image', 'file', ...kinds.map(({ name }) => name)]);
const kindNames: ReadonlySet<string> = allKinds;

/** Kinds whose packages make one distribution, with the image that they are installed into: a part alone may not fit. */
const distributions: ReadonlySet<KindName> = new Set(['apt', 'apk', 'rpm']);

export function isKindName(word: string): word is KindName {
  return kindNames.has(word);
}

/**
 * Reads what `--only` gave: names of kinds, and of inputs. A distribution moves with its base images. What is held
 * stays, unless it was asked for by its name.
 * @returns nothing where all shall move
 * @throws HoldfastError UPDATE_NAME_EMPTY, UPDATE_HELD (exit 2)
 */
export function selectionFrom(words: readonly string[], holds: readonly Hold[] = []): Selection | undefined {
  const held = new Set(holds.map(({ name }) => name));
  const stays = holds.find(({ name }) => words.includes(name));
  if (stays !== undefined) throw heldError(stays.name, stays);
  if (words.length === 0) return holds.length === 0 ? undefined : wholeSelection(held);
  if (words.some(word => word.trim() === ''))
    throw usageError('UPDATE_NAME_EMPTY', '--only was given an empty name', {
      next: `Name a kind (${[...kindNames].join(', ')}) or an input of the lock.`,
    });
  return selectionOf(
    words.filter(isKindName),
    words.filter(word => !isKindName(word)),
    held,
  );
}

/** @param name what was to move: the hold may be one of its kind, or spell it in another way */
export function heldError(name: string, { name: word, until, why }: Hold): HoldfastError {
  const by = word === name ? '' : ` (by the hold of ${word})`;
  return usageError('UPDATE_HELD', `${name} is held until ${until}${by}: ${why}`, {
    next: `Release it first: \`holdfast hold ${word} --release\`.`,
  });
}

/** Kinds and inputs that are told apart already: the package `apt` is not all of apt. */
export function selectionOf(
  chosen: readonly KindName[],
  names: readonly string[],
  held: ReadonlySet<string>,
): Selection {
  const base: KindName[] = chosen.some(kind => distributions.has(kind)) ? ['image'] : [];
  return { kinds: without(new Set([...chosen, ...base]), held), names: new Set(names), held };
}

/** All that is not held, by name: what moves to a date that is not now is asked for piece by piece. */
export function wholeSelection(held: ReadonlySet<string>): Selection {
  return { kinds: without(allKinds, held), names: new Set(), held };
}

function without(chosen: ReadonlySet<KindName>, held: ReadonlySet<string>): ReadonlySet<KindName> {
  return new Set([...chosen].filter(kind => !held.has(kind)));
}

/** Whether a package can move alone although its kind moves as a whole: its client can be told to take one from elsewhere. */
export function movesByPinning(kind: KindName): boolean {
  return kind === 'apt';
}

/** Whether an update can move one input of the kind and leave the others. */
export function movesInParts(kind: KindName): boolean {
  return movesAlone(kind) || movesByPinning(kind);
}

/** Whether packages of the kind move one by one. */
export function movesAlone(kind: KindName): boolean {
  return !distributions.has(kind);
}
