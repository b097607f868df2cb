import { usageError } from '../../core/index.ts';
import { parseReference, withDefaultTag, type Reference } from '../reference.ts';

/** A place for images, named as containers-transports names it. */
export type Transport =
  | { readonly kind: 'docker'; readonly reference: Reference }
  | { readonly kind: 'oci'; readonly directory: string; readonly tag?: string }
  | { readonly kind: 'oci-archive'; readonly file: string; readonly tag?: string }
  | { readonly kind: 'docker-archive'; readonly file: string; readonly reference?: Reference }
  | { readonly kind: 'docker-daemon'; readonly reference: Reference };

/** image-spec, annotations.md: the grammar of `org.opencontainers.image.ref.name`. */
const refNamePattern =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;

const forms =
  'docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REFERENCE] or docker-daemon:REFERENCE';

/**
 * Reads `docker://REFERENCE`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:REFERENCE]`,
 * `docker-daemon:REFERENCE`. As in
 * containers-transports, a path ends at the first colon.
 * @throws HoldfastError TRANSPORT_INVALID, REFERENCE_INVALID (exit 2)
 */
export function parseTransport(text: string): Transport {
  const { head: scheme, tail: rest = '' } = cutAtColon(text);
  switch (scheme) {
    case 'docker':
      if (!rest.startsWith('//')) throw invalid(text, 'two slashes follow "docker:"');
      return { kind: 'docker', reference: parseReference(rest.slice(2)) };
    case 'oci': {
      const { path, name } = placeOf(text, rest);
      return { kind: 'oci', directory: path, ...tagOf(text, name) };
    }
    case 'oci-archive': {
      const { path, name } = placeOf(text, rest);
      return { kind: 'oci-archive', file: path, ...tagOf(text, name) };
    }
    case 'docker-archive': {
      const { path, name } = placeOf(text, rest);
      return { kind: 'docker-archive', file: path, ...taggedOf(text, name) };
    }
    case 'docker-daemon': {
      const { reference } = taggedOf(text, rest);
      if (reference === undefined) throw invalid(text, 'it names no image');
      return { kind: 'docker-daemon', reference };
    }
    default:
      throw invalid(text, 'it begins with none of the known names');
  }
}

function cutAtColon(text: string): { head: string; tail?: string } {
  const colon = text.indexOf(':');
  return colon < 0 ? { head: text } : { head: text.slice(0, colon), tail: text.slice(colon + 1) };
}

function placeOf(text: string, rest: string): { path: string; name: string | undefined } {
  const { head, tail } = cutAtColon(rest);
  if (head === '') throw invalid(text, 'it names no path');
  return { path: head, name: tail };
}

function tagOf(text: string, name: string | undefined): { tag?: string } {
  if (name === undefined) return {};
  if (!refNamePattern.test(name)) throw invalid(text, `"${name}" is not a tag`);
  return { tag: name };
}

function taggedOf(text: string, name: string | undefined): { reference?: Reference } {
  if (name === undefined) return {};
  const reference = withDefaultTag(parseReference(name));
  if (reference.digest !== undefined) throw invalid(text, 'docker load knows tags, no digests');
  return { reference };
}

function invalid(text: string, why: string) {
  return usageError('TRANSPORT_INVALID', `"${text.slice(0, 300)}" is not a place for images: ${why}`, {
    next: `Write ${forms}.`,
  });
}
