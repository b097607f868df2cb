import type { Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import type { RecogniseContext, Recognised, Recogniser } from '../kind.ts';
import { infoEntries, infoPlace } from './compact-index.ts';
import { fullName, splitFullName, type GemName } from './gem-name.ts';
import { asksForFile, lastBody } from '../answers.ts';
import { decodedPath } from '../url-path.ts';

/** Bytes: the list of all versions of all gems has about 25 MiB. */
const largestIndex = 128 * 1024 * 1024;

/** What the compact indexes of a build say. */
interface Indexes {
  /** URLs without a final slash. */
  readonly servers: Set<string>;
  readonly byDigest: Map<Digest, GemName>;
  /** Full names that have a digest. */
  readonly listed: Set<string>;
}

/**
 * A gem is what an index of the build has the digest of, wherever it lies; without one, what lies where gem servers
 * put gems.
 * @throws what `readBody` throws
 */
export async function gemRecogniser({ exchanges, readBody }: RecogniseContext): Promise<Recogniser> {
  const indexes: Indexes = { servers: new Set(), byDigest: new Map(), listed: new Set() };
  for (const exchange of exchanges) await readInfo(exchange, indexes, readBody);
  for (const exchange of exchanges) await readVersions(exchange, indexes, readBody);
  return exchange => {
    if (!asksForFile(exchange)) return undefined;
    return isIndex(exchange.key.url, indexes) ? { class: 'index' } : recogniseGem(exchange, indexes);
  };
}

async function readInfo(
  exchange: Exchange,
  { servers, byDigest, listed }: Indexes,
  readBody: RecogniseContext['readBody'],
): Promise<void> {
  const place = infoPlace(exchange.key.url);
  const body = lastBody(exchange);
  if (place === undefined || body === undefined || body.size > largestIndex) return;
  const entries = infoEntries(await readBody(body.digest), place.name);
  if (entries === undefined) return;
  servers.add(place.server);
  for (const { gem, digest } of entries) {
    if (digest === undefined) continue;
    byDigest.set(digest, gem);
    listed.add(fullName(gem));
  }
}

/** The list of all versions is large: it is read only where no gem's own file has told of the server already. */
async function readVersions(
  exchange: Exchange,
  { servers }: Indexes,
  readBody: RecogniseContext['readBody'],
): Promise<void> {
  const server = listPlace(exchange.key.url);
  const body = lastBody(exchange);
  if (server === undefined || !exchange.key.url.endsWith('/versions')) return;
  if (servers.has(server) || body === undefined || body.size > largestIndex) return;
  const head = (await readBody(body.digest)).toString('latin1', 0, 80);
  if (/^created_at: \d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)\n---\n/.test(head)) servers.add(server);
}

function listPlace(url: string): string | undefined {
  return /^([a-z]+:\/\/[^?]+?)\/(?:versions|names)$/.exec(url)?.[1];
}

/** Gem::Indexer's files, and the answer of older servers about dependencies. */
const olderIndex =
  /\/(?:(?:(?:latest_|prerelease_)?specs|Marshal)\.4\.8(?:\.gz|\.Z)?|quick\/Marshal\.4\.8\/[\w.-]+\.gemspec\.rz|api\/v1\/dependencies(?:\.json)?)$/;

function isIndex(url: string, { servers }: Indexes): boolean {
  const server = infoPlace(url)?.server ?? listPlace(url);
  return (server !== undefined && servers.has(server)) || olderIndex.test(decodedPath(url));
}

function recogniseGem(exchange: Exchange, { byDigest, listed }: Indexes): Recognised | undefined {
  const body = lastBody(exchange);
  const known = body && byDigest.get(body.digest);
  if (known) return artefact(known);
  const file = /\/gems\/([\w.-]+)\.gem$/.exec(decodedPath(exchange.key.url))?.[1];
  const named = splitFullName(file ?? '');
  if (named === undefined) return undefined;
  // Where a gem is, or that there is none.
  if (body === undefined) return { class: 'index' };
  return listed.has(fullName(named)) ? undefined : artefact(named);
}

function artefact({ name, version, platform }: GemName): Recognised {
  return { class: 'artefact', name, version, ...(platform !== undefined && { architecture: platform }) };
}
