import type { Digest, Platform } from '../core/index.ts';
import {
  compareLayers,
  layerPairs,
  type CompareOptions,
  type ImageConfig,
  type LayerDifference,
  type LayerPair,
} from '../image/index.ts';
import { imageSourceOf, openCopySource, pullImage, type CopyPlace } from '../registry/index.ts';
import { imageConfig, imageLayers, layerSteps, readManifest } from './image-layers.ts';
import { isPackageRecord, packageDifferences, type PackageDifference } from './recorded-packages.ts';
import type { BuildRuntime } from './runtime.ts';

/** Where an image is: a place to copy from, or the digest of a manifest in the store. */
export type ImagePlace = CopyPlace | Digest;

/** A member of the configuration that two images set differently; JSON texts, absent where one has none. */
export interface SettingDifference {
  readonly name: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface FileDifference extends LayerDifference {
  /** The instruction that made the layer, of the second image where it has that layer. */
  readonly step: string;
}

export interface ImageComparison {
  readonly images: readonly [ComparedImage, ComparedImage];
  /** Whether configuration and files are the same, so that at most the form of manifest and layers differs. */
  readonly sameContent: boolean;
  readonly settings: readonly SettingDifference[];
  /** Which layer of the one is held against which of the other. */
  readonly pairs: readonly LayerPair[];
  readonly packages: readonly PackageDifference[];
  readonly files: readonly FileDifference[];
}

export interface ComparedImage {
  readonly manifest: Digest;
  readonly config: Digest;
  readonly layers: number;
  /** Of the compressed layers. */
  readonly bytes: number;
  /** From the lowest. */
  readonly stack: readonly ComparedLayer[];
}

export interface ComparedLayer {
  readonly diffId: Digest;
  /** Compressed. */
  readonly bytes: number;
  /** The instruction that made it. */
  readonly step: string;
}

export interface ImageCompareOptions extends CompareOptions {
  /** Whether to tell which packages differ; layers that both share may have to be read for that. */
  readonly packages?: boolean | undefined;
  /** Says where a Docker daemon is. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/**
 * Compares two images, which come into the store for it: settings, then files layer by layer.
 * @param platform of an index, the one that is compared.
 * @throws HoldfastError what pullImage and compareLayers throw
 */
export async function compareImages(
  places: readonly [ImagePlace, ImagePlace],
  platform: Platform,
  runtime: BuildRuntime,
  options: ImageCompareOptions = {},
): Promise<ImageComparison> {
  const { environment = {} } = options;
  const open = async (place: ImagePlace) =>
    opened(typeof place === 'string' ? place : await pulled(place, platform, runtime, environment), runtime);
  const [a, b] = [await open(places[0]), await open(places[1])];
  const images = [a.image, b.image] as const;
  const pairs = layerPairs(a.image.stack, b.image.stack);
  const none = { images, pairs, settings: [], packages: [], files: [] };
  if (a.image.config === b.image.config) return { ...none, sameContent: true };
  const { store } = runtime;
  const [left, right] = [
    await imageLayers(a.image.manifest, a.config, store),
    await imageLayers(b.image.manifest, b.config, store),
  ];
  const found = await compareLayers(left, right, options);
  const files = found.map(one => {
    const { stack } = one.gone ? a.image : b.image;
    return { ...one, step: stack[one.layer]?.step ?? '' };
  });
  // Where no record of a package manager differs, neither do its packages.
  const packages =
    options.packages === true && found.some(({ path }) => isPackageRecord(path))
      ? await packageDifferences(left, right, runtime.note)
      : [];
  return {
    ...none,
    sameContent: false,
    settings: differingSettings(a.config, b.config),
    packages,
    files,
  };
}

async function opened(manifest: Digest, runtime: BuildRuntime) {
  const config = await imageConfig(manifest, runtime.store);
  const image = await describedImage(manifest, config, runtime);
  return { config, image };
}

async function pulled(
  place: CopyPlace,
  platform: Platform,
  { registry, store }: BuildRuntime,
  environment: NodeJS.ProcessEnv,
): Promise<Digest> {
  const source = await openCopySource(place, { client: registry, environment });
  try {
    return (await pullImage(imageSourceOf(source), platform, store)).manifest.digest;
  } finally {
    await source.close?.();
  }
}

async function describedImage(
  manifest: Digest,
  image: ImageConfig,
  { store }: BuildRuntime,
): Promise<ComparedImage> {
  const { config, layers } = await readManifest(manifest, store);
  const steps = layerSteps(image);
  const stack = layers.map(({ size }, n) => ({
    diffId: image.rootfs.diff_ids[n] as Digest,
    bytes: size,
    step: steps[n] || `layer ${n + 1}`,
  }));
  const bytes = layers.reduce((sum, { size }) => sum + size, 0);
  return { manifest, config: config.digest, layers: layers.length, bytes, stack };
}

/** Layers are compared by what they hold, history by what it did. */
function differingSettings(a: ImageConfig, b: ImageConfig): SettingDifference[] {
  const [from, to] = [settingsOf(a), settingsOf(b)];
  return [...new Set([...from.keys(), ...to.keys()])]
    .toSorted()
    .filter(name => from.get(name) !== to.get(name))
    .map(name => ({ name, from: from.get(name), to: to.get(name) }));
}

function settingsOf({
  config,
  rootfs: _layers,
  history: _history,
  ...rest
}: ImageConfig): Map<string, string> {
  const { Env = [], Labels = {}, ...container } = config ?? {};
  const variables = Env.map(text => {
    const [name = '', ...value] = text.split('=');
    return [`Env ${name}`, value.join('=')] as const;
  });
  const labels = Object.entries(Labels ?? {}).map(([name, value]) => [`Label ${name}`, value] as const);
  const others = [...Object.entries(rest), ...Object.entries(container)]
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  return new Map([...others, ...variables, ...labels]);
}
