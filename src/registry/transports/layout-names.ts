import { containerdName } from '../../store/index.ts';
import { formatReference, type Reference } from '../reference.ts';

export const refNameAnnotation = 'org.opencontainers.image.ref.name';
/** What an image is called in a layout where the user does not say; umoci's default, too. */
export const defaultTag = 'latest';

/** One name of an image in a layout: the entry of its own that it has in `index.json`. */
export interface LayoutName {
  /** Nothing for an image that is known by its digest alone. */
  readonly tag?: string;
  /** The reference that the tag is of, whole, as containerd reads it. */
  readonly whole?: string;
}

/** The names that the references say, each once; of a layout without any the tag that it was asked for. */
export function layoutNames(references: readonly Reference[], tag = defaultTag): LayoutName[] {
  return references.length > 0 ? namesOf(references) : [{ tag }];
}

export function namesOf(references: readonly Reference[]): LayoutName[] {
  const tags = new Map(references.map(one => [formatReference(one), one.tag ?? defaultTag]));
  return [...tags].map(([whole, tag]) => ({ tag, whole }));
}

export function annotationsOf({ tag, whole }: LayoutName): Readonly<Record<string, string>> {
  return {
    ...(whole !== undefined && { [containerdName]: whole }),
    ...(tag !== undefined && { [refNameAnnotation]: tag }),
  };
}
