import { plainName } from '../advisories/index.ts';
import { analyse } from '../check/index.ts';
import type { Dockerfile } from '../dockerfile/index.ts';

/** By kind and name, what the words of a Dockerfile allow of a package. */
export type AskedRanges = ReadonlyMap<string, string>;

export const rangeKey = (kind: string, name: string) => `${kind} ${kind === 'pypi' ? plainName(name) : name}`;

/**
 * The versions that commands of some Dockerfiles name. Where two commands name one package in different ways, none counts.
 */
export function askedRanges(dockerfiles: Iterable<Dockerfile>): AskedRanges {
  const found = new Map<string, string>();
  const differing = new Set<string>();
  for (const { kind, name, range } of [...dockerfiles].flatMap(askedIn)) {
    const key = rangeKey(kind, name);
    if (found.has(key) && found.get(key) !== range) differing.add(key);
    found.set(key, range);
  }
  for (const key of differing) found.delete(key);
  return found;
}

function askedIn(dockerfile: Dockerfile) {
  return analyse(dockerfile).requests.flatMap(request => {
    if (request.action !== 'install') return [];
    return request.items.flatMap(({ name, firmness, argument }) => {
      if (firmness === 'content' || !argument.text.startsWith(name) || argument.text.includes('$')) return [];
      const range = argument.text
        .slice(name.length)
        .replace(/^\[[^\]]*\]/, '')
        .replace(/^[@:]/, '')
        .trim();
      // What `cargo install` is given bare is one version, unlike in a manifest.
      const exact = request.ecosystem === 'cargo' && firmness === 'exact' && /^\d/.test(range);
      return range === '' ? [] : [{ kind: request.ecosystem, name, range: exact ? `=${range}` : range }];
    });
  });
}
