import { upstreamError } from '../../core/index.ts';
import type { Get } from '../../build/index.ts';
import type { Fetch } from '../../kinds/apt/index.ts';

const mostRedirects = 10;

/** Gets files of an archive; redirects are followed. @throws HoldfastError ARCHIVE_UNREACHABLE (exit 5) */
export function archiveFetch(get: Get): Fetch {
  return async start => {
    let url = start;
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const response = await get(url);
      const { statusCode = 0, headers } = response;
      if (statusCode === 200) return response;
      response.resume();
      if (statusCode === 404 || statusCode === 410) return undefined;
      if (statusCode < 300 || statusCode >= 400 || !headers.location || !URL.canParse(headers.location, url))
        throw unreachable(start, `it answered ${statusCode}`);
      url = new URL(headers.location, url).href;
    }
    throw unreachable(start, `more than ${mostRedirects} redirects`);
  };
}

function unreachable(url: string, why: string) {
  return upstreamError('ARCHIVE_UNREACHABLE', `cannot get ${url}: ${why}`, {
    next: 'Check the address and the network; the lock stays as it was.',
  });
}
