import { z } from 'zod';
import { lazy, upstreamError } from '../core/index.ts';
import { refusal, type ApiRequest, type RegistryApi } from './api.ts';
import type { HttpResponse } from './http.ts';
import { readLimited } from './limited.ts';
import { repositoryName, type Reference } from './reference.ts';

/** A registry that links its pages in a circle ends here. */
const mostPages = 10_000;
const pageLimit = 16 * 1024 * 1024;
/** Tags a page, as far as the registry agrees. */
const tagsAtOnce = '1000';

/** One answer of a list. The body of a success has been read; any other must be, or discarded. */
interface Page {
  readonly response: HttpResponse;
  /** What came with status 200. */
  readonly bytes?: Buffer | undefined;
}

/**
 * The answer to a request and those that its `Link` leads to: RFC 8288, `rel="next"`. `limit` in bytes of each; past
 * it `tooLong` is thrown.
 */
export async function* pagesOf(
  api: RegistryApi,
  first: ApiRequest,
  limit: number,
  tooLong: () => Error,
): AsyncGenerator<Page> {
  let request = first;
  for (let page = 0; page < mostPages; page++) {
    const asked = request;
    // A page that breaks off is asked for again, as one that does not come.
    const answer = await api.http.retrying(async (): Promise<Page> => {
      const response = await api.send(asked);
      if (response.status !== 200) return { response };
      return { response, bytes: await readLimited(response, limit, tooLong) };
    });
    yield answer;
    const next = nextPage(answer.response);
    if (next === undefined) return;
    request = { ...first, target: next, query: undefined };
  }
  throw badList(first.repository, 'it has no end');
}

function nextPage(response: HttpResponse): URL | undefined {
  for (const link of (response.header('link') ?? '').split(/,(?=\s*<)/)) {
    const [, target = '', parameters = ''] = /^\s*<([^>]*)>(.*)$/.exec(link) ?? [];
    const isNext = /;\s*rel\s*=\s*"?next"?(?:\s*;|\s*$)/i.test(parameters);
    if (!isNext || !URL.canParse(target, response.url.href)) continue;
    const url = new URL(target, response.url);
    // Another host's list would be another registry's.
    if (url.origin === response.url.origin) return url;
  }
  return undefined;
}

const tagsSchema = lazy(() => z.object({ tags: z.array(z.string()).nullish() }));

/**
 * distribution-spec, "Listing Tags": all of them, in the registry's order, page by page.
 * @throws HoldfastError REGISTRY_UNKNOWN, REGISTRY_DENIED, REGISTRY_BAD_LIST (exit 5)
 */
export async function* tagsOf(api: RegistryApi, repository: Reference): AsyncGenerator<string> {
  const seen = new Set<string>();
  const query = { n: tagsAtOnce };
  const first = { method: 'GET', repository, target: 'tags/list', query } as const;
  const tooLong = () => badList(repository, 'a page is too long');
  for await (const { response, bytes } of pagesOf(api, first, pageLimit, tooLong)) {
    if (bytes === undefined)
      throw await refusal(repository, `repository ${repositoryName(repository)}`, response);
    const fresh = tagsIn(bytes, repository).filter(tag => !seen.has(tag));
    for (const tag of fresh) {
      seen.add(tag);
      yield tag;
    }
    // A page that adds nothing is a registry that does not know where it is.
    if (fresh.length === 0) return;
  }
}

function tagsIn(bytes: Buffer, repository: Reference): string[] {
  try {
    return tagsSchema().parse(JSON.parse(bytes.toString('utf8'))).tags ?? [];
  } catch (error) {
    throw badList(repository, 'it is not one', error);
  }
}

function badList(repository: Reference, why: string, cause?: unknown) {
  return upstreamError('REGISTRY_BAD_LIST', `the list of ${repositoryName(repository)}: ${why}`, {
    next: 'Check that the name is that of a container registry, and that no login page or proxy answers for it.',
    ...(cause === undefined ? {} : { cause }),
  });
}
