import { mediaTypes, rulesWithout, writeLayer, type BuildTrust } from '../image/index.ts';
import type { Builder } from './builder.ts';
import type { Layer } from './cache.ts';

export interface LayerOrigin {
  /** Paths that the sandbox laid under the step. */
  readonly injected: readonly string[];
  readonly injectedFrom?: string | undefined;
  readonly trust?: BuildTrust | undefined;
}

/**
 * Makes the layer of what a step left in `upper`: normalised, into the store, and `upper` itself becomes the
 * directory that later steps stand on. Nothing where the step changed nothing.
 */
export async function finishLayer(
  builder: Builder,
  upper: string,
  lower: string | undefined,
  origin: LayerOrigin,
): Promise<Layer | undefined> {
  const { runtime, input } = builder;
  const written = await writeLayer({
    upper,
    lower,
    sourceDate: input.ledger.sourceDate,
    rules: rulesWithout(input.project.request.withoutRules),
    ...origin,
    sink: bytes => runtime.store.put(bytes),
  });
  if (written.empty) return undefined;
  const { diffId, digest, size } = written;
  await runtime.cache.adoptLayer(diffId, upper);
  return { diffId, digest, size, mediaType: mediaTypes.ociLayerGzip };
}
