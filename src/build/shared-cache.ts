import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HoldfastError } from '../core/index.ts';
import { canonicalJson, hexOf, integrityError, isDigest, type Digest } from '../core/index.ts';
import { formatManifest, mediaTypes, parseManifest } from '../image/index.ts';
import type { Descriptor, ImageSource } from '../registry/index.ts';
import type { Store, TaggedDescriptor } from '../store/index.ts';
import { keptStepSchema, type KeptStep, type StepResult } from './cache.ts';

/** The configuration of the artifact that holds results of steps; its layers are theirs. */
const configType = 'application/vnd.holdfast.cache.config.v1+json';
const largestConfig = 64 * 1024 * 1024;

const schema = z.object({
  version: z.literal(1),
  steps: z.record(z.custom<Digest>(isDigest), keptStepSchema),
});

/** Writes results of steps, by key, as one artifact into the store, from where it can be pushed like an image. */
export async function packSteps(
  steps: ReadonlyMap<Digest, KeptStep>,
  store: Store,
): Promise<TaggedDescriptor> {
  const sorted = [...steps].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const config = await store.put(canonicalJson({ version: 1, steps: Object.fromEntries(sorted) }));
  const layers = new Map<Digest, { mediaType: string; digest: Digest; size: number }>();
  for (const [, { layer }] of sorted)
    if (layer !== undefined) {
      const { mediaType, digest, size } = layer;
      layers.set(digest, { mediaType, digest, size });
    }
  const bytes = formatManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: configType, ...config },
    layers: [...layers.values()],
  });
  return { mediaType: mediaTypes.ociManifest, ...(await store.put(bytes)) };
}

/**
 * Results of steps that another machine left somewhere. Layers are fetched when they are asked for, and their bytes
 * checked. That a step gave this layer is what the place says: so only a build whose image a lock names may use it.
 */
export class SharedCache {
  readonly #source: ImageSource;
  readonly #steps: Readonly<Record<string, KeptStep>>;

  private constructor(source: ImageSource, steps: Readonly<Record<string, KeptStep>>) {
    this.#source = source;
    this.#steps = steps;
  }

  /** @throws HoldfastError CACHE_NOT_ONE, CACHE_DAMAGED (exit 4), and what reading the place throws */
  static async open(source: ImageSource): Promise<SharedCache> {
    const { bytes, descriptor } = await source.manifest();
    const document = parseManifest(bytes, descriptor.mediaType);
    if (document.kind !== 'manifest' || document.manifest.config.mediaType !== configType)
      throw integrityError('CACHE_NOT_ONE', `${source.name} holds no results of steps`, {
        next: 'Name the place that --cache-to wrote to.',
      });
    const { config } = document.manifest;
    const text = await whole(source, config);
    try {
      return new SharedCache(source, schema.parse(JSON.parse(text)).steps);
    } catch (error) {
      throw damaged(source, error);
    }
  }

  /** The result of a step, its layer in the store; nothing where the place has none. */
  async step(key: Digest, store: Store): Promise<StepResult | undefined> {
    const kept = Object.hasOwn(this.#steps, key) ? this.#steps[key] : undefined;
    if (kept === undefined) return undefined;
    const { layer } = kept;
    if (layer === undefined) return {};
    const { diffId, mediaType, digest, size } = layer;
    if ((await store.size(digest)) !== size)
      await store.put(this.#source.blob({ mediaType, digest, size }), { digest, size });
    return { layer: { diffId, mediaType, blob: Promise.resolve({ digest, size }) } };
  }
}

async function whole(source: ImageSource, { mediaType, digest, size }: Descriptor): Promise<string> {
  if (size > largestConfig) throw damaged(source, undefined);
  const hash = createHash('sha256');
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of source.blob({ mediaType, digest, size })) {
    read += chunk.byteLength;
    if (read > size) throw damaged(source, undefined);
    hash.update(chunk);
    chunks.push(chunk);
  }
  if (hash.digest('hex') !== hexOf(digest)) throw damaged(source, undefined);
  return Buffer.concat(chunks).toString();
}

function damaged(source: ImageSource, cause: unknown): HoldfastError {
  return integrityError('CACHE_DAMAGED', `the results of steps in ${source.name} cannot be read`, {
    next: 'Write them anew with --cache-to.',
    cause,
  });
}
