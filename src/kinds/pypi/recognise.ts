import { hexOf, type Digest } from '../../core/index.ts';
import { keyText, type Exchange, type RecordedResponse } from '../exchange.ts';
import type { RecogniseContext, Recognised, Recogniser } from '../kind.ts';
import { distributionNamed, wheelNamed } from './file-name.ts';
import { lastSegment, percentDecoded, readPage } from './page.ts';
import { mediaTypeOf, mediaTypes } from './simple-api.ts';

/** The page of a project with the most files has about a tenth of this. */
const largestPage = 64 * 1024 * 1024;

/** A file that an index names, at one place. */
interface IndexedFile {
  readonly project: string;
  readonly name: string;
  /** Hex; empty where the index has none. */
  readonly sha256: Set<string>;
}

/** Reads the index pages among the exchanges; what they link is a project's, whatever it is called. */
export async function pypiRecogniser({ exchanges, readBody }: RecogniseContext): Promise<Recogniser> {
  const pages = new Set<string>();
  const files = new Map<string, IndexedFile>();
  for (const exchange of exchanges.filter(isRead)) {
    for (const response of exchange.responses) {
      const type = mediaTypeOf(headerOf(response, 'content-type'));
      const digest = pageBody(response, type);
      const page = digest && readPage(await readBody(digest), type, exchange.key.url);
      if (page === undefined) continue;
      pages.add(keyText(exchange.key));
      for (const { url, name, sha256 } of page.files)
        if (page.project !== undefined) addFile(files, page.project, name, placeOf(url.href), sha256);
    }
  }
  followRedirects(files, exchanges);
  return exchange => {
    if (!isRead(exchange)) return undefined;
    if (pages.has(keyText(exchange.key)) || isMissingPage(exchange) || isMetadata(exchange, files))
      return { class: 'index' };
    return recogniseFile(exchange, files);
  };
}

function isRead({ key }: Exchange): boolean {
  return key.method === 'GET' || key.method === 'HEAD';
}

function pageBody({ status, body }: RecordedResponse, type: string): Digest | undefined {
  const fits = status === 200 && body !== undefined && body.size <= largestPage;
  return fits && Object.values(mediaTypes).includes(type) ? body.digest : undefined;
}

function addFile(
  files: Map<string, IndexedFile>,
  project: string,
  name: string,
  place: string | undefined,
  sha256: string | undefined,
): void {
  if (place === undefined) return;
  const known = files.get(place);
  if (known === undefined) files.set(place, { project, name, sha256: new Set(sha256 ? [sha256] : []) });
  else if (sha256 !== undefined) known.sha256.add(sha256);
}

/** An index whose files lie behind redirects names the first hop only. */
function followRedirects(files: Map<string, IndexedFile>, exchanges: readonly Exchange[]): void {
  const redirects = exchanges.filter(({ responses }) => responses.some(({ status }) => isRedirect(status)));
  for (let hop = 0; hop < 5; hop++) {
    for (const { key, responses } of redirects) {
      const file = files.get(placeOf(key.url) ?? '');
      const location = file && responses.map(one => headerOf(one, 'location')).find(Boolean);
      const target = location === undefined ? undefined : placeOf(URL.parse(location, key.url)?.href ?? '');
      if (file !== undefined && target !== undefined && !files.has(target)) files.set(target, file);
    }
  }
}

/** Indexes are asked for names that they do not have, by clients that have several; the answer is theirs still. */
function isMissingPage({ key, responses }: Exchange): boolean {
  const asked = key.vary['accept'] === mediaTypes.json || key.vary['accept'] === mediaTypes.html;
  const absent = ({ status }: RecordedResponse) => status === 404 || status === 410 || isRedirect(status);
  return asked && responses.length > 0 && responses.every(absent);
}

const isRedirect = (status: number) => status >= 301 && status <= 308 && status !== 304;

/** PEP 658: a wheel's METADATA beside the wheel. The index vouches for it, and the wheel has it too. */
function isMetadata({ key }: Exchange, files: ReadonlyMap<string, IndexedFile>): boolean {
  const place = placeOf(key.url);
  if (place?.endsWith('.metadata') !== true) return false;
  const file = place.slice(0, -'.metadata'.length);
  return files.has(file) || wheelNamed(file.slice(file.lastIndexOf('/') + 1)) !== undefined;
}

function recogniseFile(
  { key, responses }: Exchange,
  files: ReadonlyMap<string, IndexedFile>,
): Recognised | undefined {
  // An answer besides the file itself would otherwise be taken for the file.
  if (!responses.every(({ status }) => status === 200)) return undefined;
  const indexed = files.get(placeOf(key.url) ?? '');
  if (indexed === undefined) return recogniseWheel(key.url, responses);
  const digests = responses.flatMap(({ body }) => (body ? [hexOf(body.digest)] : []));
  if (indexed.sha256.size > 0 && !digests.every(digest => indexed.sha256.has(digest))) return undefined;
  const named = distributionNamed(indexed.name, indexed.project);
  return named && { class: 'artefact', ...named };
}

/** From anywhere: a page of links that is no index, or a URL that the command itself names. */
function recogniseWheel(url: string, responses: readonly RecordedResponse[]): Recognised | undefined {
  if (responses.some(one => mediaTypeOf(headerOf(one, 'content-type')) === mediaTypes.legacy))
    return undefined;
  const named = wheelNamed(lastSegment(url) ?? '');
  return named && { class: 'artefact', ...named };
}

/**
 * What two spellings of one file's URL have in common: encodings are undone, and the query, which may be a signature,
 * is left out. The file's name is in the path, or no client would find it.
 */
function placeOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  const path = parsed === null ? undefined : percentDecoded(parsed.pathname);
  return parsed === null || path === undefined ? undefined : `${parsed.protocol}//${parsed.host}${path}`;
}

function headerOf({ headers }: RecordedResponse, name: string): string | undefined {
  return headers.find(([candidate]) => candidate === name)?.[1];
}
