import { usageError } from '../core/index.ts';
import { kinds, type KindName } from '../kinds/index.ts';

/** What an update moves; nothing at all means everything. */
export interface Selection {
  readonly kinds: ReadonlySet<KindName>;
  /** Packages, images, repositories and URLs, each by the name that the lock has for it. */
  readonly names: ReadonlySet<string>;
}

const kindNames: ReadonlySet<string> = new Set<KindName>(['image', 'file', ...kinds.map(({ name }) => name)]);

/** Kinds whose packages make one distribution, with the image that they are installed into: a part alone may not fit. */
const distributions: ReadonlySet<KindName> = new Set(['apt', 'apk', 'rpm']);

/**
 * Reads what `--only` gave: names of kinds, and of inputs. A distribution moves with its base images.
 * @returns nothing where all shall move
 * @throws HoldfastError UPDATE_NAME_EMPTY (exit 2)
 */
export function selectionFrom(words: readonly string[]): Selection | undefined {
  if (words.length === 0) return undefined;
  if (words.some(word => word.trim() === ''))
    throw usageError('UPDATE_NAME_EMPTY', '--only was given an empty name', {
      next: `Name a kind (${[...kindNames].join(', ')}) or an input of the lock.`,
    });
  const isKind = (word: string): word is KindName => kindNames.has(word);
  const chosen = words.filter(isKind);
  const base: KindName[] = chosen.some(kind => distributions.has(kind)) ? ['image'] : [];
  return {
    kinds: new Set([...chosen, ...base]),
    names: new Set(words.filter(word => !isKind(word))),
  };
}

/** Whether packages of the kind move one by one. */
export function movesAlone(kind: KindName): boolean {
  return !distributions.has(kind);
}
