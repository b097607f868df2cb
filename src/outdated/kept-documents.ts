import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeedEffects } from '../advisories/index.ts';
import { HoldfastError, upstreamError } from '../core/index.ts';
import { documentKey, type Documents } from '../gateway/index.ts';

const mostHops = 5;

/**
 * Feeds by URL, kept in `directory` between runs: a server is asked whether its feed is another one by now, and sends
 * it only then. Where it does not answer, the kept copy counts, and that it is one is told.
 */
export function keptDocuments(documents: Pick<Documents, 'get' | 'post'>, directory: string): FeedEffects {
  return {
    post: (url, body) => documents.post(url, body),
    fetch: async url => {
      const path = join(directory, documentKey(url));
      const etag = await readFile(`${path}.etag`, 'utf8').catch(() => undefined);
      const kept = await readFile(path).catch(() => undefined);
      try {
        const { status, headers, body } = await followed(
          documents,
          url,
          etag !== undefined && etag !== '' && kept !== undefined ? { 'if-none-match': etag } : {},
        );
        if (status === 304 && kept !== undefined) return { bytes: kept };
        if (status !== 200)
          throw upstreamError('ADVISORY_FEED_MISSING', `${url} answered ${status}`, {
            next: 'Name another place of the feed in `advisories` of holdfast.yaml.',
          });
        await keep(directory, path, body, headers.etag);
        return { bytes: body };
      } catch (error) {
        if (!(error instanceof HoldfastError) || kept === undefined) throw error;
        return { bytes: kept, stale: `${error.message}; judged by the copy that was kept` };
      }
    },
  };
}

async function followed(
  documents: Pick<Documents, 'get'>,
  url: string,
  headers: Readonly<Record<string, string>>,
) {
  let from = url;
  for (let hops = 0; ; hops++) {
    const document = await documents.get(from, headers);
    const { location } = document.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(document.status);
    const target = isRedirect && location !== undefined ? URL.parse(location, from)?.href : undefined;
    if (target === undefined || hops === mostHops) return document;
    from = target;
  }
}

/** The ETag last: without it the document is asked for whole. */
async function keep(directory: string, path: string, body: Buffer, etag: string | undefined): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [place, content] of [
    [path, body],
    [`${path}.etag`, etag ?? ''],
  ] as const) {
    await writeFile(`${place}.${process.pid}`, content);
    await rename(`${place}.${process.pid}`, place);
  }
}
