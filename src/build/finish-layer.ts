import { finished } from 'node:stream/promises';
import type { Digest } from '../core/index.ts';
import { mediaTypes, planLayer, rulesWithout, writeLayer, type BuildTrust } from '../image/index.ts';
import type { BlobDescriptor } from '../store/index.ts';
import type { BuildInProgress } from './step.ts';
import type { Layer } from './cache.ts';
import type { PlannedFiles } from './files/index.ts';

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
  const blob = compressed(builder, diffId, () => written.blob(directory));
  builder.finishLater(blob);
  return { layer: { diffId, blob, mediaType: mediaTypes.ociLayerGzip }, layerBytes };
}

/**
 * The same of files that are to be copied from the context and that no step of this build looks at: they are packed from where
 * they lie. @returns nothing where they must be copied first
 */
export async function finishPlanned(
  builder: BuildInProgress,
  files: PlannedFiles,
  lower: string,
): Promise<FinishedLayer | undefined> {
  const { input } = builder;
  const { sourceDate } = input.ledger;
  const rules = rulesWithout(input.project.request.withoutRules);
  const planned = await planLayer({ files: files.files(), lower, sourceDate, rules });
  if (planned === undefined || planned.empty) return planned && {};
  const { diffId, size: layerBytes } = planned;
  const blob = compressed(builder, diffId, () => planned.blob());
  builder.finishLater(blob);
  const layer: Layer = {
    diffId,
    blob,
    mediaType: mediaTypes.ociLayerGzip,
    planned: { archive: () => planned.archive(), filesOver: view => files.over(view) },
  };
  return { layer, layerBytes };
}

/**
 * The layer's blob. Compressing is a function of the archive, so the blob that an earlier build made of an archive
 * of the same digest is the one, if it is whole.
 */
async function compressed(
  { input, runtime: { store } }: BuildInProgress,
  diffId: Digest,
  pack: () => AsyncIterable<Uint8Array>,
): Promise<BlobDescriptor> {
  const known = input.knownBlobs.get(diffId);
  if (known !== undefined) {
    const whole = await finished(store.read(known.digest).resume()).then(
      () => true,
      () => false,
    );
    if (whole) return known;
  }
  return store.put(pack());
}
