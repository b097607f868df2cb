import type { Exchange } from '../exchange.ts';
import type { RecogniseContext, Recognised, Recogniser } from '../kind.ts';
import { Archives } from './archives.ts';
import { fits } from './documents.ts';
import { jsonObject } from '../../core/index.ts';
import { metadataUrl } from './metadata-url.ts';

/** Bytes: no file of a repository comes near it. */
const largestFile = 64 * 1024 * 1024;

/** What the repositories of a build say. */
interface Repositories {
  /** URLs without a final slash. */
  readonly known: Set<string>;
  /** URLs of files whose content is what their name says. */
  readonly files: Set<string>;
  readonly archives: Archives;
}

/**
 * An archive is what a file of a repository in this build names the URL of: it looks like any other download. An
 * installation from a composer.lock reads no such file, so that its archives stay downloads.
 * @throws what `readBody` throws
 */
export async function composerRecogniser({ exchanges, readBody }: RecogniseContext): Promise<Recogniser> {
  const repositories: Repositories = { known: new Set(), files: new Set(), archives: new Archives() };
  for (const exchange of exchanges) await readFile(exchange, repositories, readBody);
  repositories.archives.follow(exchanges);
  return exchange => recognise(exchange, repositories);
}

async function readFile(
  exchange: Exchange,
  { known, files, archives }: Repositories,
  readBody: RecogniseContext['readBody'],
): Promise<void> {
  const { url } = exchange.key;
  const place = metadataUrl(url);
  const given = givenBody(exchange);
  if (place === undefined || given === undefined || given.size > largestFile) return;
  const body = await readBody(given.digest);
  const document = jsonObject(body);
  if (document === undefined || !fits(place, document, body)) return;
  files.add(url);
  if (place.of === 'package' || place.of === 'root') known.add(place.repository);
  archives.add(document, url);
}

function recognise(exchange: Exchange, { known, files, archives }: Repositories): Recognised | undefined {
  const { method, url } = exchange.key;
  const place = metadataUrl(url);
  // Whether packages have advisories is asked with a list of them in the body.
  if (method !== 'GET' && method !== 'HEAD' && place?.of !== 'advisories') return undefined;
  if (files.has(url)) return { class: 'index' };
  if (place?.of === 'package' && known.has(place.repository)) return { class: 'index' };
  const archive = archives.at(url);
  if (archive === undefined) return undefined;
  return givenBody(exchange) ? { class: 'artefact', ...archive } : { class: 'index' };
}

function givenBody({ responses }: Exchange) {
  const last = responses.at(-1);
  return last?.status === 200 ? last.body : undefined;
}
