import type { Digest } from '../../core/index.ts';
import type { Exchange } from '../exchange.ts';
import type { RecogniseContext, Recognised, Recogniser } from '../kind.ts';
import {
  cratePattern,
  indexEntries,
  indexPlace,
  jsonMembers,
  versionPattern,
  type IndexEntry,
} from './sparse-index.ts';
import { asksForFile, lastBody } from '../answers.ts';
import { decodedPath } from '../url-path.ts';

/** Bytes: no crate's file in an index comes near it. */
const largestIndexFile = 64 * 1024 * 1024;

/** What the indexes of a build say. */
interface Indexes {
  /** URLs without a final slash. */
  readonly places: Set<string>;
  readonly byDigest: Map<Digest, IndexEntry>;
  /** By name and version. */
  readonly byName: Map<string, IndexEntry>;
}

/**
 * A crate is what an index of the build has the digest of, wherever it lies; without an index, what lies where
 * registries put crates.
 * @throws what `readBody` throws
 */
export async function cargoRecogniser({ exchanges, readBody }: RecogniseContext): Promise<Recogniser> {
  const indexes: Indexes = { places: new Set(), byDigest: new Map(), byName: new Map() };
  for (const exchange of exchanges) await readIndex(exchange, indexes, readBody);
  return exchange => {
    if (!asksForFile(exchange)) return undefined;
    return isIndex(exchange.key.url, indexes) ? { class: 'index' } : recogniseCrate(exchange, indexes);
  };
}

async function readIndex(
  exchange: Exchange,
  { places, byDigest, byName }: Indexes,
  readBody: RecogniseContext['readBody'],
): Promise<void> {
  const { url } = exchange.key;
  const body = lastBody(exchange);
  if (body === undefined || body.size > largestIndexFile) return;
  if (url.endsWith(configName)) {
    const { dl } = jsonMembers((await readBody(body.digest)).toString());
    if (typeof dl === 'string') places.add(url.slice(0, -configName.length));
    return;
  }
  const place = indexPlace(url);
  const entries = place && indexEntries(await readBody(body.digest), place.name);
  if (place === undefined || entries === undefined) return;
  places.add(place.index);
  for (const entry of entries) {
    byDigest.set(entry.digest, entry);
    byName.set(`${entry.name} ${entry.version}`, entry);
  }
}

/** "Index configuration". */
const configName = '/config.json';

function isIndex(url: string, { places }: Indexes): boolean {
  if (url.endsWith(configName)) return places.has(url.slice(0, -configName.length));
  return places.has(indexPlace(url)?.index ?? '');
}

function recogniseCrate(exchange: Exchange, { byDigest, byName }: Indexes): Recognised | undefined {
  const body = lastBody(exchange);
  const listed = body && byDigest.get(body.digest);
  if (listed) return { class: 'artefact', name: listed.name, version: listed.version };
  const place = cratePlace(exchange.key.url);
  if (place === undefined) return undefined;
  const { name, version, usual } = place;
  const known = byName.has(`${name} ${version}`);
  // Where a crate is, or that there is none.
  if (body === undefined) return known || usual ? { class: 'index' } : undefined;
  return usual && !known ? { class: 'artefact', name, version } : undefined;
}

const download = new RegExp(`(/crates)?/(${cratePattern})/(${versionPattern})/download$`);
const file = new RegExp(`/(${cratePattern})/\\1-(${versionPattern})\\.crate$`);

/** `usual`: of a shape that only registries of crates have. */
function cratePlace(url: string): { name: string; version: string; usual: boolean } | undefined {
  const path = decodedPath(url);
  const [, crates, name, version] = download.exec(path) ?? [];
  if (name !== undefined && version !== undefined) return { name, version, usual: crates !== undefined };
  const [, fileName, fileVersion] = file.exec(path) ?? [];
  if (fileName === undefined || fileVersion === undefined) return undefined;
  return { name: fileName, version: fileVersion, usual: true };
}
