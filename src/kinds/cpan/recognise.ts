import { gunzipSync } from 'node:zlib';
import type { Digest } from '../../core/index.ts';
import { asksForFile, bodyOf, outcomeOf } from '../answers.ts';
import type { Recognised, RecogniseContext, Recogniser } from '../kind.ts';
import { directoryUrl, urlPath, type UrlPath } from '../url-path.ts';
import { distributionNamed } from './distribution.ts';

const largestIndex = 32 * 1024 * 1024;
const largestText = 256 * 1024 * 1024;

/** Distributions by their URL, which is like no other; the index of all modules by its content, for its date. */
export async function cpanRecogniser({ exchanges, readBody }: RecogniseContext): Promise<Recogniser> {
  const dates = new Map<Digest, string>();
  for (const exchange of exchanges) {
    const path = urlPath(exchange.key.url);
    const body = bodyOf(exchange);
    if (!path || !isModuleIndex(path) || !body || body.size > largestIndex) continue;
    const date = lastUpdated(await readBody(body.digest));
    if (date !== undefined) dates.set(body.digest, date);
  }
  return exchange => {
    const path = urlPath(exchange.key.url);
    if (path === undefined || !asksForFile(exchange)) return undefined;
    const body = bodyOf(exchange);
    switch (outcomeOf(exchange)) {
      case 'whole':
        return isModuleIndex(path) ? moduleIndex(path, body && dates.get(body.digest)) : authorsFile(path);
      case 'pointer':
        return isModuleIndex(path) || authorsFile(path) ? { class: 'index' } : undefined;
      case 'mixed':
        return undefined;
    }
  };
}

function isModuleIndex({ segments }: UrlPath): boolean {
  return segments.slice(-2).join('/') === 'modules/02packages.details.txt.gz';
}

/** The index stands for the archive as an apt suite's Release does. What only has its name is a file like any other. */
function moduleIndex({ origin, segments }: UrlPath, date: string | undefined): Recognised | undefined {
  const url = directoryUrl(origin, segments.slice(0, -2));
  return date === undefined ? undefined : { class: 'index', archive: { url, suite: '-', date } };
}

/** `authors/id/A/AU/AUTHOR/…`: a distribution, or the signed list of an author's files. */
function authorsFile({ segments }: UrlPath): Recognised | undefined {
  const place = /(?:^|\/)authors\/id\/([A-Z])\/(\1[A-Z0-9-])\/\2[A-Z0-9-]*\/(?:[^/]+\/)*([^/]+)$/.exec(
    segments.join('/'),
  );
  const file = place?.[3];
  if (file === 'CHECKSUMS') return { class: 'index' };
  const [, stem] = /^(.+)\.(?:tar\.gz|tgz|tar\.bz2|zip)$/.exec(file ?? '') ?? [];
  const named = stem === undefined ? undefined : distributionNamed(stem);
  return named && { class: 'artefact', ...named };
}

/** The `Last-Updated` of the header, RFC 3339; nothing where there is none, or the bytes are no such index. */
function lastUpdated(bytes: Buffer): string | undefined {
  try {
    const [header = ''] = gunzipSync(bytes, { maxOutputLength: largestText })
      .toString('latin1')
      .split('\n\n', 1);
    const date = new Date(/^Last-Updated:(.* GMT)$/m.exec(header)?.[1] ?? '');
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('.000Z', 'Z');
  } catch {
    return undefined;
  }
}
