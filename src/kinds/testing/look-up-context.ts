import { upstreamError } from '../../core/index.ts';
import type { UpstreamDocument } from '../kind.ts';
import type { LatestContext } from '../latest.ts';

type Page = string | Buffer | Partial<UpstreamDocument>;

/** What look-ups need, on pages in memory: `asked` has each request. A URL that is nowhere gives 404; `down` nothing. */
export function lookUpContext(
  pages: Readonly<Record<string, Page>>,
  more: Partial<LatestContext> = {},
): LatestContext & { readonly asked: string[] } {
  const made = new Map<string, Promise<unknown>>();
  const asked: string[] = [];
  return {
    asked,
    now: new Date('2026-07-01T00:00:00Z'),
    indexes: [],
    archives: [],
    resolveImage: () => Promise.resolve(undefined),
    fetch: url => {
      asked.push(url);
      const page = pages[url];
      if (page === 'down')
        return Promise.reject(
          upstreamError('GATEWAY_UPSTREAM_UNREACHABLE', `${url} is down`, { next: 'Wait.' }),
        );
      if (page === undefined) return Promise.resolve({ status: 404, headers: {}, body: Buffer.alloc(0) });
      const body = typeof page === 'string' ? Buffer.from(page) : page;
      const document = Buffer.isBuffer(body) ? { body } : body;
      return Promise.resolve({ status: 200, headers: {}, body: Buffer.alloc(0), ...document });
    },
    once: <Value>(key: string, make: () => Promise<Value>) => {
      const known = made.get(key) ?? make();
      made.set(key, known);
      return known as Promise<Value>;
    },
    ...more,
  };
}
