import { parseCopyPlace, parseReference, type CopyPlace, type Reference } from '../registry/index.ts';

/**
 * A place, or the bare reference of an image in a registry: `docker:27` is one, Docker's own image.
 * @throws HoldfastError TRANSPORT_INVALID, REFERENCE_INVALID (exit 2)
 */
export function namedPlace(text: string): CopyPlace {
  const isPlace = /^(?:docker:\/\/|(?:oci|oci-archive|docker-archive|docker-daemon|dir):)/.test(text);
  return isPlace ? parseCopyPlace(text) : { kind: 'docker', reference: parseReference(text) };
}

/** A reference, with or without `docker://` before it. @throws HoldfastError REFERENCE_INVALID (exit 2) */
export function registryReference(text: string): Reference {
  return parseReference(text.replace(/^docker:\/\//, ''));
}

/** The registries that a place asks. */
export function hostsOf(place: CopyPlace): string[] {
  return place.kind === 'docker' ? [place.reference.domain] : [];
}
