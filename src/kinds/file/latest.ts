import { hexOf, sha256 } from '../../core/index.ts';
import {
  failureIn,
  failureOf,
  lookUpOf,
  type LatestContext,
  type LockedInput,
  type LookUp,
} from '../latest.ts';

/** Redirects that a download follows. */
const mostHops = 8;

/** What each URL gives now, by its SHA-256; not read again where a strong ETag says that it is what it was. */
export async function latestFiles(inputs: readonly LockedInput[], context: LatestContext): Promise<LookUp[]> {
  return Promise.all(inputs.map(input => lookUpFile(input, context).catch(failureOf)));
}

async function lookUpFile({ name, version, etag }: LockedInput, { fetch }: LatestContext): Promise<LookUp> {
  const known = etag !== undefined && !etag.startsWith('W/') ? { 'if-none-match': etag } : undefined;
  let url = name;
  for (let hop = 0; hop <= mostHops; hop++) {
    const document = await fetch(url, known);
    const { status, headers, body } = document;
    if (status === 304) return lookUpOf(version);
    const target = [301, 302, 303, 307, 308].includes(status) && URL.parse(headers.location ?? '', url)?.href;
    if (typeof target !== 'string') return failureIn(document, url) ?? lookUpOf(hexOf(sha256(body)));
    url = target;
  }
  return { state: 'unreachable', why: `${name} redirects more than ${mostHops} times` };
}
