import type { Exchange, RecordedResponse } from '../exchange.ts';
import type { RecogniseContext } from '../kind.ts';
import { abbreviatedType, asksAbbreviated } from './abbreviate.ts';
import { readDocument, tarballOf, type JsonObject } from './packument.ts';
import { pathNames, pathSegments, registryBase, type PackageVersion } from './urls.ts';

/** Bytes. The largest packuments of the public registry have some 20 MiB; one that is larger is not read. */
const documentLimit = 32 * 1024 * 1024;

/** What the packuments and manifests among a build's exchanges say of it. */
export interface Documents {
  /** Where they lie. */
  readonly urls: ReadonlySet<string>;
  /** What stands before the names in those URLs: the registries. */
  readonly bases: ReadonlySet<string>;
  /** The tarballs among the exchanges that they name, by URL. */
  readonly tarballs: ReadonlyMap<string, PackageVersion>;
}

/** Reads each body once, and only those that may be a document; what cannot be read as one is none. */
export async function readDocuments({ exchanges, readBody }: RecogniseContext): Promise<Documents> {
  const urls = new Set(exchanges.filter(isAskedAsDocument).map(({ key }) => key.url));
  const bases = new Set<string>();
  const tarballs = new Map<string, PackageVersion>();
  const wanted = new Set(exchanges.map(({ key }) => key.url));
  const read = new Set<string>();
  for (const exchange of exchanges) {
    const { url } = exchange.key;
    const segments = pathSegments(url);
    if (exchange.key.method !== 'GET' || segments === undefined || segments.includes('-')) continue;
    for (const { body } of exchange.responses.filter(response => mayBeDocument(exchange, response))) {
      // Several steps ask for the same; each has an exchange of its own.
      if (body === undefined || read.has(`${body.digest} ${url}`)) continue;
      read.add(`${body.digest} ${url}`);
      const named = tarballsNamed(segments, await readBody(body.digest));
      if (named === undefined) continue;
      urls.add(url);
      bases.add(registryBase(url) ?? url);
      for (const { tarball, ...found } of named)
        if (wanted.has(tarball) && !tarballs.has(tarball)) tarballs.set(tarball, found);
    }
  }
  return { urls, bases, tarballs };
}

/**
 * Whether the request or its answer says so without being read: the abbreviated form has a media type of its own,
 * but a registry may answer with the full form, and a client may ask so for anything.
 */
export function isAskedAsDocument({ key, responses }: Exchange): boolean {
  if (key.method !== 'GET') return false;
  const asked = asksAbbreviated(key.vary['accept']) && responses.length > 0;
  return (
    responses.some(response => typeOf(response) === abbreviatedType) ||
    (asked && responses.every(response => response.status === 404 || isJson(response)))
  );
}

function mayBeDocument({ key }: Exchange, response: RecordedResponse): boolean {
  const { status, body } = response;
  if (status !== 200 || body === undefined || body.size > documentLimit) return false;
  // pnpm asks for tarballs in the same words.
  return (
    isJson(response) || (asksAbbreviated(key.vary['accept']) && /^(?:text\/.*)?$/.test(typeOf(response)))
  );
}

/** The tarballs that a document names; nothing where it is none of the package that its URL names. */
function tarballsNamed(segments: readonly string[], bytes: Buffer): NamedTarball[] | undefined {
  const found = readDocument(bytes);
  switch (found?.form) {
    case undefined:
      return undefined;
    case 'manifest': {
      const { name, version, document } = found.manifest;
      return pathNames(segments, name, 1) ? tarballsOf(name, [[version, document]]) : undefined;
    }
    case 'packument': {
      const { name, versions } = found.packument;
      return pathNames(segments, name) ? tarballsOf(name, [...versions]) : undefined;
    }
  }
}

interface NamedTarball extends PackageVersion {
  readonly tarball: string;
}

function tarballsOf(name: string, versions: readonly (readonly [string, JsonObject])[]): NamedTarball[] {
  return versions.flatMap(([version, manifest]) => {
    const tarball = tarballOf(manifest);
    return tarball !== undefined && /^[\w.+-]{1,256}$/.test(version) ? [{ tarball, name, version }] : [];
  });
}

export function isJson(response: RecordedResponse): boolean {
  return /^application\/(?:[\w.-]+\+)?json$/.test(typeOf(response));
}

function typeOf({ headers }: RecordedResponse): string {
  const value = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  return value.replace(/;.*$/s, '').trim().toLowerCase();
}
