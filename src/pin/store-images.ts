import type { LockedInputs } from '../check/index.ts';
import type { Digest } from '../core/index.ts';
import { familiarReference, parseReference, withDefaultTag } from '../registry/index.ts';
import { pushedPlaces, type Store } from '../store/index.ts';

/** Images that went by their names in the store when they were locked, and are not known to be where their names say. */
export interface StoreImages {
  /** The store's directory. */
  readonly store: string;
  /** Where else the image was pushed to; nothing where a registry is to be asked for what the name says. */
  readonly pushedElsewhere: (reference: string, digest: Digest) => readonly string[] | undefined;
}

/** @param store where it lies, for the command that pushes from it */
export async function storeImages(store: Pick<Store, 'root' | 'tags'>): Promise<StoreImages> {
  const tags = await store.tags();
  return {
    store: store.root,
    pushedElsewhere: (reference, digest) => {
      const name = nameOf(reference);
      const own = tags.find(tag => tag.name === name && tag.descriptor.digest === digest);
      if (own === undefined) return undefined;
      const places = pushedPlaces(own.descriptor);
      return places.includes(name) ? undefined : places;
    },
  };
}

const nameOf = (reference: string) => familiarReference(withDefaultTag(parseReference(reference)));

/** What is locked, without images that plain Docker could not pull. */
export function pullable(locked: LockedInputs, images: StoreImages | undefined): LockedInputs {
  return {
    ...locked,
    imageDigest: reference => {
      const digest = locked.imageDigest(reference);
      const isHere = digest && images?.pushedElsewhere(reference, digest) !== undefined;
      return isHere ? undefined : digest;
    },
  };
}

/** Why an image of the store is not pinned, and what to do; nothing where it is none. */
export function whyNotPullable(
  reference: string,
  locked: LockedInputs,
  images: StoreImages | undefined,
): string | undefined {
  const digest = locked.imageDigest(reference);
  return digest && images && whyOfStore(reference, digest, images, 'the Dockerfile');
}

/** @param file where the name stands, for people */
export function whyOfStore(
  reference: string,
  digest: Digest,
  images: StoreImages,
  file: string,
): string | undefined {
  const places = images.pushedElsewhere(reference, digest);
  if (places === undefined) return undefined;
  const [place] = places;
  if (place !== undefined)
    return `it was made here and pushed to ${place}: name it so in ${file}, and lock again`;
  const copy = `holdfast copy oci:${images.store}:${nameOf(reference)} docker://HOST/NAME:TAG`;
  return `only this machine's store has it: push it (\`${copy}\`), name it so in ${file}, and lock again`;
}
