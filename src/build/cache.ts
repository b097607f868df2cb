import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { removeLeftovers, type BlobDescriptor, type LayerBlob } from '../store/index.ts';
import type { Isolation } from '../sandbox/index.ts';
import type { RootFiles } from '../kinds/index.ts';
import { errnoOf, hexOf, isDigest, usageError, type Digest, type SourcePlace } from '../core/index.ts';

/** A layer of an image: what is in it, and the blob that holds it, which may still be being compressed. */
export interface Layer {
  readonly diffId: Digest;
  readonly blob: Promise<BlobDescriptor>;
  readonly mediaType: string;
  /** As it was published, where the blob is another form of it. */
  readonly original?: LayerBlob | undefined;
  /** The image that it came with, and where that is asked for; nothing where a step made it. */
  readonly origin?: { readonly image: string; readonly where: SourcePlace } | undefined;
  /** Where its files lie in the build context still: it is unpacked when a step needs it, and from there. */
  readonly planned?: PlannedFilesLayer | undefined;
}

export interface PlannedFilesLayer {
  /** Uncompressed. @throws HoldfastError FILE_CHANGED (exit 2) */
  archive(): AsyncIterable<Uint8Array>;
  /** The files of an image with this layer on top. @param view the mounted layers below. */
  filesOver(view: string): RootFiles;
}

/** What a step did to the file system; no layer where it did nothing. */
export interface StepResult {
  readonly layer?: Layer | undefined;
}

const digest = z.custom<Digest>(isDigest);
/** A step's result as it is kept. */
export const keptStepSchema = z.object({
  layer: z
    .object({ diffId: digest, digest, size: z.number().int().nonnegative(), mediaType: z.string() })
    .optional(),
});
export type KeptStep = z.infer<typeof keptStepSchema>;

/**
 * What may be thrown away at any time: results of steps, and layers unpacked into directories. Everything is
 * written beside its place and renamed into it, so that processes can share it and be killed.
 */
export class BuildCache {
  readonly root: string;
  readonly #used = new Map<Digest, KeptStep>();
  readonly #trees: string;

  private constructor(root: string, trees: string) {
    this.root = root;
    this.#trees = trees;
  }

  /** @throws HoldfastError CACHE_UNUSABLE (exit 2) */
  static async open(root: string, isolation: Isolation): Promise<BuildCache> {
    // Sandboxes store owners, deleted files and opaque directories in ways of their own.
    const trees = isolation === 'namespaces' ? root : join(root, isolation);
    try {
      // Images hold setuid programs and devices, which are nothing for other users of this machine.
      for (const name of ['layers', 'mounts'])
        await mkdir(join(trees, name), { recursive: true, mode: 0o700 });
      for (const name of ['steps', 'work']) await mkdir(join(root, name), { recursive: true });
    } catch (error) {
      throw usageError(
        'CACHE_UNUSABLE',
        `cannot use ${root} as a cache (${errnoOf(error) ?? 'unknown error'})`,
        {
          next: 'Name a directory that you may write with --cache-dir or HOLDFAST_CACHE.',
          cause: error,
        },
      );
    }
    await removeLeftovers(join(root, 'work'));
    return new BuildCache(root, trees);
  }

  async step(key: Digest): Promise<StepResult | undefined> {
    const text = await readFile(this.#stepPath(key), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const kept = keptStepSchema.parse(JSON.parse(text));
      this.#used.set(key, kept);
      const { layer } = kept;
      if (layer === undefined) return {};
      const { diffId, digest: blobDigest, size, mediaType } = layer;
      return { layer: { diffId, mediaType, blob: Promise.resolve({ digest: blobDigest, size }) } };
    } catch {
      return undefined; // A damaged entry is no entry.
    }
  }

  /** Waits for the layer's blob: a result without one would be of no use. */
  async saveStep(key: Digest, { layer }: StepResult): Promise<void> {
    const result: KeptStep =
      layer === undefined
        ? {}
        : { layer: { diffId: layer.diffId, mediaType: layer.mediaType, ...(await layer.blob) } };
    this.#used.set(key, result);
    const temporary = join(this.root, 'steps', `.${process.pid}-${randomBytes(6).toString('hex')}`);
    await writeFile(temporary, JSON.stringify(result));
    await rename(temporary, this.#stepPath(key));
  }

  /** Results that were found or kept since this was opened. */
  get used(): ReadonlyMap<Digest, KeptStep> {
    return this.#used;
  }

  /** Where the layer is unpacked, in overlayfs's form; nothing where it is not yet. */
  layerDirectory(diffId: Digest): Promise<string | undefined> {
    return directoryAt(this.#layerPath(diffId));
  }

  /** Gives a finished directory its place as the layer; if another process was faster, theirs stays. */
  adoptLayer(diffId: Digest, directory: string): Promise<string> {
    return adopt(directory, this.#layerPath(diffId));
  }

  /** What a step wrote to a cache mount, in overlayfs's form; nothing where that is not kept. */
  cacheMount(name: Digest): Promise<string | undefined> {
    return directoryAt(this.#mountPath(name));
  }

  adoptCacheMount(name: Digest, directory: string): Promise<string> {
    return adopt(directory, this.#mountPath(name));
  }

  /** A fresh directory on the same file system as the layers, for one step. */
  workDirectory(): Promise<string> {
    return mkdtemp(join(this.root, 'work', `${process.pid}-`));
  }

  #stepPath(key: Digest): string {
    return join(this.root, 'steps', `${hexOf(key)}.json`);
  }

  #layerPath(diffId: Digest): string {
    return join(this.#trees, 'layers', hexOf(diffId));
  }

  #mountPath(name: Digest): string {
    return join(this.#trees, 'mounts', hexOf(name));
  }
}

async function directoryAt(path: string): Promise<string | undefined> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ? path : undefined;
}

async function adopt(directory: string, path: string): Promise<string> {
  try {
    await rename(directory, path);
  } catch (error) {
    if ((await directoryAt(path)) === undefined) throw error;
    await rm(directory, { recursive: true, force: true });
  }
  return path;
}
