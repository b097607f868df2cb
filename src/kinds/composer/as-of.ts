import type { AsOfAnswer, AsOfContext, NewRequest } from '../kind.ts';
import { jsonObject, upstreamError, type JsonObject } from '../../core/index.ts';
import { metadataUrl } from './metadata-url.ts';
import { releaseTime, versionsOf } from './versions.ts';

/** Characters: each version is written in full, as its neighbours that it inherits from may be gone. */
const largestAnswer = 64 * 1024 * 1024;

/**
 * A package's versions in a repository of protocol 2, without those that were released after the date. A version
 * without a time stays, a document without any has no past. A branch (`~dev`) is what its newest commit is, so that one
 * that has moved since is gone.
 * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE
 */
export async function composerAsOf(
  { key }: Pick<NewRequest, 'key'>,
  { asOf, fetch }: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const place = key.method === 'GET' ? metadataUrl(key.url) : undefined;
  if (place?.of !== 'package') return undefined;
  const upstream = await fetch(key.url);
  if (upstream.status >= 500 || upstream.status === 429)
    throw unavailable(`${key.url}: upstream answered ${upstream.status}`);
  const document = upstream.status === 200 ? jsonObject(upstream.body) : undefined;
  const versions = document && versionsOf(document, place.name);
  if (!document || !versions?.some(version => releaseTime(version) !== undefined)) return undefined;
  const left = versions.filter(version => (releaseTime(version) ?? asOf) <= asOf);
  if (left.length === 0) {
    const why = `${place.name} had no version yet on ${asOf.toISOString()}, the date of the lock`;
    return answer(404, JSON.stringify({ status: 'error', message: why }));
  }
  return answer(200, documentText(document, place.name, left, key.url));
}

/** All that the document says beside the versions stays: notices, advisories. */
function documentText(
  document: JsonObject,
  name: string,
  versions: readonly JsonObject[],
  url: string,
): string {
  const texts: string[] = [];
  let size = 0;
  for (const version of versions) {
    const text = JSON.stringify(version);
    size += text.length;
    if (size > largestAnswer) throw unavailable(`${url}: too large, once every version is written in full`);
    texts.push(text);
  }
  const others = Object.entries(document)
    .filter(([member]) => member !== 'minified' && member !== 'packages')
    .map(([member, value]) => `,${JSON.stringify(member)}:${JSON.stringify(value)}`);
  return `{"packages":{${JSON.stringify(name)}:[${texts.join(',')}]}${others.join('')}}`;
}

function unavailable(message: string) {
  return upstreamError('AS_OF_UNAVAILABLE', message, {
    next: 'Run `holdfast lock` again later; nothing was changed.',
  });
}

function answer(status: number, text: string): AsOfAnswer {
  return { status, headers: [['content-type', 'application/json']], body: Buffer.from(text) };
}
