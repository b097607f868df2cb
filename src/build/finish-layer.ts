import { finished } from 'node:stream/promises';
import type { Digest } from '../core/index.ts';
import { mediaTypes, rulesWithout, writeLayer, type BuildTrust, type WrittenLayer } from '../image/index.ts';
import type { BlobDescriptor } from '../store/index.ts';
import type { BuildInProgress } from './step.ts';
import type { Layer } from './cache.ts';

export interface LayerOrigin {
  /** Paths that the sandbox laid under the step. */
  readonly injected: readonly string[];
  readonly trust?: BuildTrust | undefined;
  /** Byte sequences that the layer may not hold. */
  readonly forbidden?: readonly Buffer[] | undefined;
}

export interface FinishedLayer {
  /** Nothing where the step changed nothing. */
  readonly layer?: Layer | undefined;
  /** Bytes of the layer's uncompressed archive. */
  readonly layerBytes?: number | undefined;
}

/**
 * Makes the layer of what a step left in `upper`: normalised, and `upper` itself becomes the directory that later
 * steps stand on. Its blob is compressed while these run.
 */
export async function finishLayer(
  builder: BuildInProgress,
  upper: string,
  lower: string | undefined,
  origin: LayerOrigin,
): Promise<FinishedLayer> {
  const { runtime, input } = builder;
  const written = await writeLayer({
    upper,
    lower,
    sourceDate: input.ledger.sourceDate,
    rules: rulesWithout(input.project.request.withoutRules),
    ...origin,
  });
  if (written.empty) return {};
  const { diffId, size: layerBytes } = written;
  const directory = await runtime.cache.adoptLayer(diffId, upper);
  const blob = compressed(builder, diffId, written, directory);
  builder.finishLater(blob);
  return { layer: { diffId, blob, mediaType: mediaTypes.ociLayerGzip }, layerBytes };
}

/**
 * The layer's blob. Compressing is a function of the archive, so the blob that an earlier build made of an archive
 * of the same digest is the one, if it is whole.
 */
async function compressed(
  { input, runtime: { store } }: BuildInProgress,
  diffId: Digest,
  written: WrittenLayer,
  directory: string,
): Promise<BlobDescriptor> {
  const known = input.knownBlobs.get(diffId);
  if (known !== undefined) {
    const whole = await finished(store.read(known.digest).resume()).then(
      () => true,
      () => false,
    );
    if (whole) return known;
  }
  return store.put(written.blob(directory));
}
