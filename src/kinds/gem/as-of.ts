import { createHash } from 'node:crypto';
import { upstreamError } from '../../core/index.ts';
import type { AsOfAnswer, AsOfContext, NewRequest, UpstreamDocument } from '../kind.ts';
import { infoEntries, infoPlace } from './compact-index.ts';

/**
 * A gem's file in the compact index without the versions that were pushed after the date; a version without a time
 * stays, a file without any has no past. The list of all gems has no times: as it is now, it names what may be asked
 * for, and clients take versions from the gems' own files.
 * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE
 */
export async function gemAsOf(
  { key }: Pick<NewRequest, 'key'>,
  { asOf, fetch }: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const place = key.method === 'GET' ? infoPlace(key.url) : undefined;
  if (place === undefined) return undefined;
  const upstream = await fetch(key.url);
  requireAnswer(upstream, key.url);
  const entries = upstream.status === 200 ? infoEntries(upstream.body, place.name) : undefined;
  if (entries?.some(({ created }) => created !== undefined) !== true) return undefined;
  const left = entries.filter(({ created }) => created === undefined || created <= asOf);
  if (left.length === 0)
    return answer(404, `${place.name} had no version yet on ${asOf.toISOString()}, the date of the lock\n`);
  return answer(200, ['---', ...left.map(({ line }) => line), ''].join('\n'));
}

function requireAnswer({ status }: UpstreamDocument, url: string): void {
  if (status < 500 && status !== 429) return;
  throw upstreamError('AS_OF_UNAVAILABLE', `${url}: upstream answered ${status}`, {
    next: 'Run `holdfast lock` again later; nothing was changed.',
  });
}

/** Older versions of Bundler hold the ETag to be the MD5 of the file, and refuse a file that has another. */
function answer(status: number, text: string): AsOfAnswer {
  const etag = `"${createHash('md5').update(text).digest('hex')}"`;
  return {
    status,
    headers: [
      ['content-type', 'text/plain; charset=utf-8'],
      ['etag', etag],
    ],
    body: Buffer.from(text),
  };
}
