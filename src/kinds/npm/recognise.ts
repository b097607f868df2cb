import type { Exchange } from '../exchange.ts';
import type { RecogniseContext, Recognised, Recogniser } from '../kind.ts';
import { isAskedAsDocument, isJson, readDocuments, type Documents } from './documents.ts';
import { registryBase, serviceAt, tarballAt } from './urls.ts';

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
  const known = key.method === 'GET' || (service === 'advisories' && key.method === 'POST');
  return known ? { class: 'index' } : undefined;
}

function recogniseTarball({ key, responses }: Exchange, { tarballs }: Documents): Recognised | undefined {
  const whole = responses.length > 0 && responses.every(({ status, body }) => status === 200 && body);
  if (key.method !== 'GET' || !whole) return undefined;
  const found = tarballAt(key.url) ?? tarballs.get(key.url);
  return found && { class: 'artefact', name: found.name, version: found.version };
}

/** Besides the documents themselves: a name that a registry of this build does not have. */
function recogniseDocument(exchange: Exchange, { urls, bases }: Documents): Recognised | undefined {
  const { key, responses } = exchange;
  const statuses = responses.map(({ status }) => status);
  if (key.method !== 'GET' || !statuses.every(status => status === 200 || status === 404)) return undefined;
  const missing =
    !statuses.includes(200) && responses.every(isJson) && bases.has(registryBase(key.url) ?? '');
  return missing || urls.has(key.url) || isAskedAsDocument(exchange) ? { class: 'index' } : undefined;
}
