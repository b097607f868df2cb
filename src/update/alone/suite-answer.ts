import type { BuildRuntime } from '../../build/index.ts';
import type { Exchange } from '../../kinds/index.ts';

/** A file of a suite of Holdfast's own as the answer to who asks for it; without content there is no such file. */
export async function suiteAnswer(
  { url, content }: { readonly url: string; readonly content?: string | undefined },
  { store }: Pick<BuildRuntime, 'store'>,
): Promise<Exchange> {
  const key = { method: 'GET', url, vary: {} };
  if (content === undefined) return { key, responses: [{ status: 404, headers: [] }] };
  return { key, responses: [{ status: 200, headers: [], body: await store.put(content) }] };
}
