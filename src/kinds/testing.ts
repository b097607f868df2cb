import { sha256, type Digest } from '../core/index.ts';
import type { Exchange } from './exchange.ts';
import type { Kind, Recognised } from './kind.ts';
import { rootOfFiles, type RootFiles } from './root-files.ts';

/** An exchange that a test makes up; its body is `x` where nothing else is said. */
export interface Answered {
  readonly url: string;
  readonly body?: Buffer | string;
  readonly status?: number;
  readonly method?: string;
  readonly type?: string;
}

/** What a kind says of each exchange of a build, in their order; a URL alone is a GET of it. */
export async function recognised(
  kind: Kind,
  answered: readonly (Answered | string)[],
): Promise<(Recognised | undefined)[]> {
  const bodies = new Map<Digest, Buffer>();
  const exchanges = answered.map((one): Exchange => {
    const answer = typeof one === 'string' ? { url: one } : one;
    const { url, body = 'x', status = 200, method = 'GET', type = 'text/plain' } = answer;
    const content = Buffer.from(body);
    const digest = sha256(content);
    bodies.set(digest, content);
    return {
      key: { method, url, vary: {} },
      responses: [{ status, headers: [['content-type', type]], body: { digest, size: content.length } }],
    };
  });
  const readBody = async (digest: Digest) => bodies.get(digest) ?? Buffer.of();
  return exchanges.map(await kind.recogniser({ exchanges, readBody }));
}

/** A root file system of these files; what is no text is written as JSON. */
export function rootOfTexts(files: Readonly<Record<string, unknown>>): RootFiles {
  const bytes = Object.entries(files).map(([path, content]) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    return [path, Buffer.from(text)] as const;
  });
  return rootOfFiles(new Map(bytes));
}
