import { keyText, type Exchange, type RecordedResponse } from '../exchange.ts';
import type { RecogniseContext, Recognised, Recogniser } from '../kind.ts';
import { abbreviatedType, asksAbbreviated } from './abbreviate.ts';
import { readDocument, tarballOf, type JsonObject } from './packument.ts';
import { pathNames, pathSegments, serviceAt, tarballAt, type PackageVersion } from './urls.ts';

/** Bytes. The largest packuments of the public registry have some 20 MiB; one that is larger is left as a file. */
const documentLimit = 32 * 1024 * 1024;

/** What the documents among a build's exchanges say of its others. */
interface Documents {
  /** `keyText` of the exchanges whose answers are packuments or manifests. */
  readonly keys: ReadonlySet<string>;
  /** Tarballs by URL: some registries have them at other paths than npm's. */
  readonly tarballs: ReadonlyMap<string, PackageVersion>;
}

/**
 * npm's registry protocol, whichever client speaks it. Only whole answers are artefacts: a redirect or a 404 in a
 * tarball's place is left, so that the lock shows it.
 */
export async function npmRecogniser(context: RecogniseContext): Promise<Recogniser> {
  const documents = await readDocuments(context);
  return exchange =>
    recogniseService(exchange) ??
    recogniseTarball(exchange, documents) ??
    recogniseDocument(exchange, documents);
}

function recogniseService({ key }: Exchange): Recognised | undefined {
  const service = serviceAt(key.url);
  if (service === undefined) return undefined;
  // The installed set is sent to ask for advisories; everything else is a GET.
  return key.method === 'GET' || (service === 'advisories' && key.method === 'POST')
    ? { class: 'index' }
    : undefined;
}

function recogniseTarball({ key, responses }: Exchange, documents: Documents): Recognised | undefined {
  const whole = responses.length > 0 && responses.every(({ status, body }) => status === 200 && body);
  if (key.method !== 'GET' || !whole) return undefined;
  const found = tarballAt(key.url) ?? documents.tarballs.get(key.url);
  return found && { class: 'artefact', name: found.name, version: found.version };
}

/** The media type says so where the registry is a good one; the abbreviated form has one of its own. */
function recogniseDocument(exchange: Exchange, documents: Documents): Recognised | undefined {
  const { key, responses } = exchange;
  if (key.method !== 'GET') return undefined;
  const asked = asksAbbreviated(key.vary['accept']);
  const typed = responses.some(response => typeOf(response) === abbreviatedType);
  const answered = responses.every(
    response => response.status === 404 || (response.status === 200 && isJson(response)),
  );
  const is = typed || (asked && answered) || documents.keys.has(keyText(key));
  return is ? { class: 'index' } : undefined;
}

async function readDocuments({ exchanges, readBody }: RecogniseContext): Promise<Documents> {
  const keys = new Set<string>();
  const tarballs = new Map<string, PackageVersion>();
  const wanted = new Set(exchanges.map(({ key }) => key.url));
  const read = new Set<string>();
  for (const { key, responses } of exchanges) {
    for (const response of responses) {
      const { body } = response;
      if (key.method !== 'GET' || response.status !== 200 || body === undefined) continue;
      if (!(isJson(response) || asksAbbreviated(key.vary['accept'])) || body.size > documentLimit) continue;
      const segments = pathSegments(key.url);
      if (segments === undefined || segments.includes('-')) continue;
      // Several steps ask for the same; each has an exchange of its own.
      const seen = `${body.digest} ${keyText(key)}`;
      if (read.has(seen)) continue;
      read.add(seen);
      const manifests = manifestsFor(segments, await readBody(body.digest));
      if (manifests === undefined) continue;
      keys.add(keyText(key));
      for (const { url, ...found } of manifests)
        if (wanted.has(url) && !tarballs.has(url)) tarballs.set(url, found);
    }
  }
  return { keys, tarballs };
}

/** The tarballs that a document names; nothing where it is none for the package that its URL names. */
function manifestsFor(
  segments: readonly string[],
  bytes: Buffer,
): (PackageVersion & { url: string })[] | undefined {
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

function tarballsOf(name: string, versions: readonly (readonly [string, JsonObject])[]) {
  return versions.flatMap(([version, manifest]) => {
    const url = tarballOf(manifest);
    return url !== undefined && /^[\w.+-]{1,256}$/.test(version) ? [{ url, name, version }] : [];
  });
}

function typeOf({ headers }: RecordedResponse): string {
  const value = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  return value.replace(/;.*$/s, '').trim().toLowerCase();
}

function isJson(response: RecordedResponse): boolean {
  return /^application\/(?:[\w.-]+\+)?json$/.test(typeOf(response));
}
