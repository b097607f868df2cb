import { usageError } from '../core/index.ts';
import { formatReference, parseReference, repositoryName, type Reference } from './reference.ts';

/** Another place where what lies below a name can be read. */
export interface Mirror {
  /** `HOST[:PORT][/PATH]`, which stands in the place of the rule's prefix. */
  readonly location: string;
  /** Whether it is spoken to without TLS where it speaks none. */
  readonly plainHttp?: boolean | undefined;
  /** A file with its root certificate, PEM. */
  readonly ca?: string | undefined;
}

/** Where images below `prefix` are looked for before their own registry. */
export interface MirrorRule {
  /** `HOST[:PORT][/PATH]`; `docker.io` for Docker Hub, whose own images are in `docker.io/library`. */
  readonly prefix: string;
  /** In the order in which they are asked. */
  readonly mirrors: readonly Mirror[];
}

/** @throws HoldfastError MIRROR_INVALID (exit 2) */
export function parseLocation(text: string): string {
  const plain = text.replace(/\/+$/, '');
  try {
    // Only as a whole name can it be checked: a host alone is none.
    const whole = `${plain}/a/b`;
    if (formatReference(parseReference(whole)) !== whole) throw new TypeError(plain);
    return plain;
  } catch (cause) {
    throw usageError('MIRROR_INVALID', `"${text.slice(0, 200)}" is not a registry or a part of one`, {
      next: 'Write it as HOST, HOST:PORT or HOST/PATH, without https://.',
      cause,
    });
  }
}

/**
 * Where an image is looked for: in the mirrors of the longest prefix that it has, in their order. Its own place is not
 * among them.
 */
export function mirroredReferences(reference: Reference, rules: readonly MirrorRule[]): Reference[] {
  const name = repositoryName(reference);
  const [rule] = rules
    .filter(({ prefix }) => name === prefix || name.startsWith(`${prefix}/`))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  if (rule === undefined) return [];
  const { tag, digest } = reference;
  return rule.mirrors.map(({ location }) => {
    const { domain, path } = parseReference(`${location}${name.slice(rule.prefix.length)}`);
    return { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
  });
}

/** The host, with its port, of a location. */
export function hostOf(location: string): string {
  return location.split('/', 1)[0] ?? location;
}
