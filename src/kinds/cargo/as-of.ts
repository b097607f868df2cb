import { upstreamError } from '../../core/index.ts';
import type { AsOfAnswer, AsOfContext, NewRequest, UpstreamDocument } from '../kind.ts';
import { indexEntries, indexPlace } from './sparse-index.ts';

/**
 * A crate's file in the index without the versions that were published after the date. A version without a time stays,
 * as it does with cargo's own `--publish-time`; a file without any has no past. Whether a version was yanked is known
 * as of now only.
 * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE
 */
export async function cargoAsOf(
  { key }: Pick<NewRequest, 'key'>,
  { asOf, fetch }: AsOfContext,
): Promise<AsOfAnswer | undefined> {
  const place = key.method === 'GET' ? indexPlace(key.url) : undefined;
  if (place === undefined) return undefined;
  const upstream = await fetch(key.url);
  requireAnswer(upstream, key.url);
  const entries = upstream.status === 200 ? indexEntries(upstream.body, place.name) : undefined;
  if (entries?.some(({ published }) => published !== undefined) !== true) return undefined;
  const left = entries.filter(({ published }) => published === undefined || published <= asOf);
  // "Nonexistent crates"
  if (left.length === 0)
    return answer(404, `${place.name} had no version yet on ${asOf.toISOString()}, the date of the lock\n`);
  return answer(200, left.map(({ line }) => `${line}\n`).join(''));
}

function requireAnswer({ status }: UpstreamDocument, url: string): void {
  if (status < 500 && status !== 429) return;
  throw upstreamError('AS_OF_UNAVAILABLE', `${url}: upstream answered ${status}`, {
    next: 'Run `holdfast lock` again later; nothing was changed.',
  });
}

function answer(status: number, text: string): AsOfAnswer {
  return { status, headers: [['content-type', 'text/plain; charset=utf-8']], body: Buffer.from(text) };
}
