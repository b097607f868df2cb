import { isDigest, usageError, type Digest } from '../core/index.ts';

/**
 * An image reference, parsed once: the grammar and the defaults of distribution/reference. `domain` and `path`
 * are always there; `debian` is `docker.io` and `library/debian`. A reference with neither tag nor digest means
 * the tag `latest` where one image is asked for, see {@link withDefaultTag}.
 */
export interface Reference {
  /** Host and port as written, `docker.io` by default. */
  readonly domain: string;
  /** The repository inside the registry, lower case. */
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

const defaultDomain = 'docker.io';
const officialPrefix = 'library/';
/** distribution/reference: RepositoryNameTotalLengthMax. */
const longestPath = 255;

const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const pathComponent = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const pathPattern = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`);
const tagPattern = /^\w[\w.-]{0,127}$/;
const identifierPattern = /^[a-f0-9]{64}$/;

/**
 * Reads `[domain/]path[:tag][@digest]`.
 * @throws HoldfastError REFERENCE_INVALID (exit 2)
 */
export function parseReference(text: string): Reference {
  if (identifierPattern.test(text)) throw invalid(text, 'it is a bare image identifier, not a name');
  const { name, tag, digest } = splitReference(text);
  const { domain, path } = splitDomain(name);
  if (!domainPattern.test(domain)) throw invalid(text, `"${domain}" is not a registry's host name`);
  if (path !== path.toLowerCase()) throw invalid(text, 'the repository name has upper-case letters');
  if (!pathPattern.test(path)) throw invalid(text, `"${path}" is not a repository name`);
  if (path.length > longestPath)
    throw invalid(text, `the repository name is longer than ${longestPath} characters`);
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid(text, `"${tag}" is not a tag`);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, 'what follows "@" is no sha256 digest');
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function splitReference(text: string): { name: string; tag?: string; digest?: string } {
  const at = text.indexOf('@');
  const named = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? {} : { digest: text.slice(at + 1) };
  // A colon before the last slash belongs to the domain's port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  if (colon < 0) return { name: named, ...digest };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1), ...digest };
}

/** distribution/reference: splitDockerDomain. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const explicit = slash >= 0 && looksLikeDomain(first);
  const rest = explicit ? name.slice(slash + 1) : name;
  const domain = !explicit || first === 'index.docker.io' ? defaultDomain : first;
  const official = domain === defaultDomain && !rest.includes('/');
  return { domain, path: official ? officialPrefix + rest : rest };
}

function looksLikeDomain(text: string): boolean {
  return /[.:]/.test(text) || text === 'localhost' || text !== text.toLowerCase();
}

/** Domain and path, the name of a repository without tag and digest. */
export function repositoryName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The whole reference with nothing left to a default but the tag; parses to an equal value. */
export function formatReference(reference: Reference): string {
  return repositoryName(reference) + suffix(reference);
}

/** The reference as people write it: without `docker.io/library/`. Parses to an equal value. */
export function familiarReference(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

function familiarName(reference: Reference): string {
  const { domain, path } = reference;
  if (domain !== defaultDomain) return repositoryName(reference);
  const short = path.startsWith(officialPrefix) ? path.slice(officialPrefix.length) : path;
  // `docker.io/localhost/app` would read as the registry `localhost`, `library/a/b` as the repository `a/b`.
  const back = splitDomain(short);
  if (back.domain === domain && back.path === path && !identifierPattern.test(short)) return short;
  return looksLikeDomain(path.split('/')[0] ?? '') ? repositoryName(reference) : path;
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

/** The reference, with the tag `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: 'latest' }
    : reference;
}

/** What the distribution API calls `<reference>`: the digest where there is one, else the tag. */
export function tagOrDigest(reference: Reference): string {
  return reference.digest ?? reference.tag ?? 'latest';
}

function invalid(text: string, why: string) {
  return usageError(
    'REFERENCE_INVALID',
    `"${text.slice(0, 300)}" is not an image reference: ${why.slice(0, 300)}`,
    {
      next: 'Write it as [registry/]repository[:tag][@sha256:…], the repository in lower case.',
    },
  );
}
