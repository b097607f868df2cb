/** `vendor/name`; old packages have names that composer would not accept for new ones. */
export const packageName = /^[A-Za-z0-9_][\w.-]*\/[A-Za-z0-9_][\w.-]*$/;

/** What a URL names in a Composer repository, by its shape. */
export type MetadataUrl =
  /** A package's versions: releases, or with `~dev` branches. `repository` is a URL without a final slash. */
  | { readonly of: 'package'; readonly repository: string; readonly name: string }
  | { readonly of: 'root'; readonly repository: string }
  /** A part of the root, of protocol 1: the SHA-1 or SHA-256 of its content is in its name. */
  | { readonly of: 'part'; readonly hash: string }
  | { readonly of: 'search' | 'advisories' };

/** Nothing for a URL of another shape. A shape alone is not enough: what is there must fit too. */
export function metadataUrl(url: string): MetadataUrl | undefined {
  const place = plain(url);
  if (place.endsWith('/search.json')) return { of: 'search' };
  if (place.endsWith('/api/security-advisories')) return { of: 'advisories' };
  const root = /^(.+)\/packages\.json$/.exec(place)?.[1];
  if (root !== undefined) return { of: 'root', repository: root };
  const hash = /\/(?:p|include)\/[\w./-]+\$([0-9a-f]{40}|[0-9a-f]{64})\.json$/.exec(place)?.[1];
  if (hash !== undefined) return { of: 'part', hash };
  const [, repository, name = ''] = /^(.+)\/p2\/([^/]+\/[^/]+?)(?:~dev)?\.json$/.exec(place) ?? [];
  return repository !== undefined && packageName.test(name) ? { of: 'package', repository, name } : undefined;
}

/** Without the query and a final slash, and decoded. */
function plain(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return origin + decodeURIComponent(pathname).replace(/\/$/, '');
  } catch {
    return '';
  }
}
