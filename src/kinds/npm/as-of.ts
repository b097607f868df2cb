import type { AsOfAnswer, AsOfContext, NewRequest } from '../kind.ts';
import { abbreviatedPackument, abbreviatedType, asksAbbreviated } from './abbreviate.ts';
import { readDocument, type JsonObject, type Packument } from './packument.ts';
import { packumentAt, type Past } from './past.ts';
import { packumentUrl, pathNames, pathSegments, serviceAt } from './urls.ts';

const jsonType = 'application/json';

/**
 * A packument, a version's manifest or a package's tags as they were on the lock's date. What a request is for is
 * known only from the answer: so upstream is asked wherever it may be for one. A registry without times has no
 * past, and its present answer is left to be taken.
 * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE where the package's versions of that date were unpublished since
 */
export async function npmAsOf(
  { key, headers }: NewRequest,
  context: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const segments = pathSegments(key.url);
  if (key.method !== 'GET' || key.body !== undefined || segments === undefined) return undefined;
  if (serviceAt(key.url) === 'dist-tags') return tagsAnswer(key.url, segments, context);
  const { accept } = headers;
  if (!mayBeDocument(segments) || !mayWantDocument(headers)) return undefined;
  const found = await documentAt(key.url, context);
  if (found?.form === 'packument' && pathNames(segments, found.packument.name))
    return packumentAnswer(packumentAt(found.packument, context.asOf), asksAbbreviated(accept));
  if (found?.form === 'manifest' && pathNames(segments, found.manifest.name, 1))
    return manifestAnswer(key.url, segments.at(-1) ?? '', found.manifest.name, context);
  return undefined;
}

/** npm, yarn classic and pnpm name what they take; later yarns accept anything, and have the name of their library. */
function mayWantDocument({ accept, 'user-agent': agent = '' }: NewRequest['headers']): boolean {
  if (accept === undefined || accept === '*/*') return /^(?:got|yarn)\b/.test(agent);
  return asksAbbreviated(accept) || accept.includes(jsonType);
}

/** A tarball is never fetched to see that it is one, where its path tells; clients ask for it in the same words. */
function mayBeDocument(segments: readonly string[]): boolean {
  const scope = segments.findIndex(segment => segment.startsWith('@'));
  const deepest = segments.length - 1 - scope;
  return (
    !segments.includes('-') &&
    !/\.(?:[gx]z|tgz|zip)$/.test(segments.at(-1) ?? '') &&
    (scope < 0 || deepest <= 2)
  );
}

function packumentAnswer(past: Past, abbreviated: boolean): AsOfAnswer | undefined {
  switch (past.found) {
    case 'no-times':
      return undefined;
    case 'nothing':
      return notFound({ error: 'Not found' });
    case 'versions':
      return abbreviated
        ? answer(200, abbreviatedPackument(past.document), abbreviatedType)
        : answer(200, past.document);
  }
}

async function manifestAnswer(
  url: string,
  wanted: string,
  name: string,
  context: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const packument = await packumentOf(url, name, context);
  // A registry may take ranges here too; those it alone resolves.
  if (packument === undefined || !(packument.versions.has(wanted) || packument.tags.has(wanted)))
    return undefined;
  const past = packumentAt(packument, context.asOf);
  if (past.found !== 'versions') return packumentAnswer(past, false);
  const version = past.tags.get(wanted) ?? wanted;
  const manifest = packument.versions.get(version);
  const there = Object.hasOwn(past.document['versions'] as JsonObject, version);
  return there && manifest ? answer(200, manifest) : notFound(`version not found: ${wanted}`);
}

async function tagsAnswer(
  url: string,
  segments: readonly string[],
  context: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const name = segments.slice(segments.indexOf('-') + 2, -1).join('/');
  const packument = await packumentOf(url, name, context);
  if (packument === undefined) return undefined;
  const past = packumentAt(packument, context.asOf);
  return past.found === 'versions'
    ? answer(200, Object.fromEntries(past.tags))
    : packumentAnswer(past, false);
}

async function packumentOf(url: string, name: string, context: AsOfContext): Promise<Packument | undefined> {
  const whole = packumentUrl(url);
  const found = whole === undefined ? undefined : await documentAt(whole, context);
  return found?.form === 'packument' && found.packument.name === name ? found.packument : undefined;
}

/** The full form: the abbreviated one has no times. */
async function documentAt(url: string, { fetch }: AsOfContext) {
  const { status, body } = await fetch(url, { accept: jsonType });
  return status === 200 ? readDocument(body) : undefined;
}

function notFound(body: JsonObject | string): AsOfAnswer {
  return answer(404, body);
}

function answer(status: number, body: JsonObject | string, type = jsonType): AsOfAnswer {
  return { status, headers: [['content-type', type]], body: Buffer.from(JSON.stringify(body)) };
}
