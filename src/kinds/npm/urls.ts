import { isVersion } from '../semver.ts';

export interface PackageVersion {
  readonly name: string;
  readonly version: string;
}

const namePart = /^[\w~!'()*-][\w.~!'()*-]*$/;

/**
 * The path's segments, decoded; an encoded slash (`@scope%2fname`) parts two as a plain one does. Nothing where the
 * URL or its encoding is bad.
 */
export function pathSegments(url: string): readonly string[] | undefined {
  const path = URL.parse(url)?.pathname;
  try {
    return path === undefined ? undefined : decodeURIComponent(path).split('/').slice(1);
  } catch {
    return undefined;
  }
}

/**
 * The package of a tarball at `/<name>/-/<basename>-<version>.tgz`, or `/@scope/name/-/@scope/name-<version>.tgz`, as
 * all registries have it that are modelled on npm's own; whatever stands before the name is the registry's base.
 */
export function tarballAt(url: string): PackageVersion | undefined {
  const segments = pathSegments(url) ?? [];
  const dash = segments.indexOf('-');
  const [base = '', scope] = segments.slice(0, Math.max(dash, 0)).toReversed();
  const [file = '', fileScope, ...rest] = segments.slice(dash + 1).toReversed();
  const scoped = scope?.startsWith('@') === true && namePart.test(scope.slice(1));
  if (rest.length > 0 || (fileScope !== undefined && !(scoped && fileScope === scope))) return undefined;
  if (!namePart.test(base) || !file.startsWith(`${base}-`) || !file.endsWith('.tgz')) return undefined;
  const version = file.slice(base.length + 1, -'.tgz'.length);
  if (!isVersion(version)) return undefined;
  return { name: scoped ? `${scope}/${base}` : base, version };
}

/** Whether a URL's path ends as that of a package's document; `below` is how many segments follow the name. */
export function pathNames(segments: readonly string[], name: string, below = 0): boolean {
  const path = segments.slice(0, segments.length - below);
  return path.slice(-name.split('/').length).join('/') === name;
}

/**
 * What of a registry's own services a URL is for: tags, advisories, the keys and attestations of publishers. All lie
 * below a segment `-`, which is no package's name.
 */
export function serviceAt(url: string): 'dist-tags' | 'advisories' | 'publishers' | undefined {
  const segments = pathSegments(url) ?? [];
  const dash = segments.indexOf('-');
  const [first, second, third, ...rest] = dash < 0 ? [] : segments.slice(dash + 1);
  if (first === 'package' && second !== undefined && [third, ...rest].at(-1) === 'dist-tags')
    return rest.length <= 1 ? 'dist-tags' : undefined;
  if (first !== 'npm' || second !== 'v1') return undefined;
  if (third === 'security') return 'advisories';
  return third === 'keys' || third === 'attestations' ? 'publishers' : undefined;
}

/** What stands before a package's name, at whose document a URL may point. */
export function registryBase(url: string): string | undefined {
  return /^([^?#]*?\/)(?:@[^/]+(?:\/|%2f))?[^/@?#]+$/i.exec(url)?.[1];
}

/** Where the whole document of a package lies whose tags, or one version of which, lie at `url`. */
export function packumentUrl(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const { pathname } = parsed;
  const tags = /^(.*\/)-\/package\/(.+)\/dist-tags$/.exec(pathname);
  parsed.pathname = tags ? `${tags[1] ?? ''}${tags[2] ?? ''}` : pathname.replace(/\/[^/]*$/, '');
  parsed.search = '';
  return parsed.href;
}
