import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { utimes } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { integrityError, isDigest, stepError, usageError, type Digest } from '../../core/index.ts';
import type { Get } from '../../gateway/index.ts';
import type { StepRecording } from '../../lock/index.ts';
import type { Fetcher, Step } from '../step.ts';
import { sessionOptions } from '../traffic.ts';
import { useUnpacked } from './local-origins.ts';
import type { Origin } from './origin.ts';
import { everything } from './sources.ts';

/** As Go's HTTP client, which BuildKit fetches with. */
const mostRedirects = 10;
const redirects = new Set([301, 302, 303, 307, 308]);

export interface UrlRequest {
  readonly url: string;
  /** `--checksum`. */
  readonly checksum: string | undefined;
  readonly unpack: boolean;
}

/**
 * ADD of a URL: the file has the URL's last name, mode 0600 and the date of Last-Modified.
 * @throws HoldfastError ADD_CHECKSUM (exit 2); when it is provided ADD_CHECKSUM_MISMATCH (exit 4), ADD_FAILED (exit 6)
 */
export function urlOrigin(
  fetcher: Fetcher,
  step: Step,
  recorded: StepRecording | undefined,
  { url, checksum, unpack }: UrlRequest,
): Origin {
  const expected = checksum === undefined ? undefined : digestOf(checksum, step);
  return {
    facts: { url: withoutCredentials(url), checksum: expected ?? null, unpack },
    async provide(work, use) {
      const { gateway } = await fetcher.runtime.steps();
      const name = nameOf(url);
      const path = join(work, name);
      const fetched = await gateway.requests(sessionOptions(fetcher, step, recorded), async get => {
        const response = await followed(get, url, step);
        const hash = createHash('sha256');
        response.on('data', (chunk: Buffer) => hash.update(chunk));
        await pipeline(response, createWriteStream(path, { mode: 0o600 }));
        const modified = Date.parse(response.headers['last-modified'] ?? '');
        return { digest: `sha256:${hash.digest('hex')}` as Digest, modified };
      });
      if (fetched.session.problem) throw fetched.session.problem;
      const { digest, modified } = fetched.value;
      if (expected !== undefined && digest !== expected) throw mismatch(url, expected, digest, step);
      const { sourceDate } = fetcher.input.ledger;
      const date = Number.isNaN(modified) ? sourceDate : Math.floor(modified / 1000);
      await utimes(path, date, date);
      const files = {
        sources: [{ root: work, path: name }],
        selection: everything,
        metadata: 'image' as const,
      };
      await useUnpacked(files, unpack, work, use);
      return fetched.session;
    },
  };
}

async function followed(get: Get, start: string, step: Step): Promise<IncomingMessage> {
  let url = start;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const response = await get(url);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return response;
    response.resume();
    if (!redirects.has(statusCode) || headers.location === undefined)
      throw failed(start, `${statusCode}`, step);
    const next = new URL(headers.location, url);
    if (next.protocol !== 'http:' && next.protocol !== 'https:')
      throw failed(start, 'a redirect to no web page', step);
    url = next.href;
  }
  throw failed(start, `more than ${mostRedirects} redirects`, step);
}

function nameOf(url: string): string {
  const name = URL.canParse(url) ? basename(posix.normalize(new URL(url).pathname)) : '';
  return name === '' || name === '.' || name === '..' || name.includes('\0') ? '__unnamed__' : name;
}

function digestOf(text: string, { where }: Step): Digest {
  if (isDigest(text)) return text;
  throw usageError('ADD_CHECKSUM', `"${text.slice(0, 80)}" is not a digest`, {
    next: 'Write it as --checksum=sha256:… with 64 hexadecimal digits.',
    where,
  });
}

export function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return url;
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain.href;
}

function mismatch(url: string, expected: Digest, found: Digest, { where }: Step) {
  return integrityError('ADD_CHECKSUM_MISMATCH', `${withoutCredentials(url)} has ${found}, not ${expected}`, {
    next: 'Look at what changed there; then correct --checksum.',
    where,
  });
}

function failed(url: string, why: string, { where }: Step) {
  return stepError('ADD_FAILED', `${withoutCredentials(url)} cannot be added: the answer was ${why}`, {
    next: 'Open the URL by hand, and correct it.',
    where,
  });
}
