import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hexOf, isDigest, lazy, type Digest } from '../core/index.ts';
import type { Store } from './store.ts';

const schema = lazy(() =>
  z.object({
    mediaType: z.string(),
    digest: z.custom<Digest>(isDigest),
    size: z.number().int().nonnegative(),
  }),
);

/** A blob that holds a layer, however it is compressed. */
export type LayerBlob = z.infer<ReturnType<typeof schema>>;

const pathOf = (store: Store, diffId: Digest) => join(store.root, 'layers', `${hexOf(diffId)}.json`);

/** Writes down that a blob was found to hold the layer of this diff ID, so that it need not be found again. */
export async function noteLayer(store: Store, diffId: Digest, blob: LayerBlob): Promise<void> {
  await mkdir(join(store.root, 'layers'), { recursive: true });
  await store.replaceFile(pathOf(store, diffId), `${JSON.stringify(blob)}\n`);
}

/** The blob that was noted last for a layer, if it is still in the store. */
export async function notedLayer(store: Store, diffId: Digest): Promise<LayerBlob | undefined> {
  const text = await readFile(pathOf(store, diffId), 'utf8').catch(() => '{}');
  const read = schema().safeParse(parsed(text));
  return read.success && (await store.size(read.data.digest)) === read.data.size ? read.data : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Damaged: as if it had not been noted.
  }
}
