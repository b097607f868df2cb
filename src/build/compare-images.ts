import type { Digest, Platform } from '../core/index.ts';
import { compareLayers, type ImageConfig, type LayerDifference } from '../image/index.ts';
import { openSource, pullImage, type Transport } from '../registry/index.ts';
import { imageConfig, imageLayers, layerSteps, readManifest } from './image-layers.ts';
import type { BuildRuntime } from './runtime.ts';

/** Where an image is: a transport, or the digest of a manifest in the store. */
export type ImagePlace = Transport | Digest;

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
  readonly files: readonly FileDifference[];
}

export interface ComparedImage {
  readonly manifest: Digest;
  readonly config: Digest;
  readonly layers: number;
  /** Of the compressed layers. */
  readonly bytes: number;
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
): Promise<ImageComparison> {
  const [a, b] = [await opened(places[0], platform, runtime), await opened(places[1], platform, runtime)];
  const images = [a.image, b.image] as const;
  if (a.image.config === b.image.config) return { images, sameContent: true, settings: [], files: [] };
  const { store } = runtime;
  const [before, after] = [layerSteps(a.config), layerSteps(b.config)];
  const shared = sharedAbove(before, after);
  const length = Math.max(before.length, after.length);
  const found = await compareLayers(
    raised(await imageLayers(a.image.manifest, a.config, store), shared, length),
    raised(await imageLayers(b.image.manifest, b.config, store), shared, length),
  );
  const [oldSteps, newSteps] = [raised(before, shared, length), raised(after, shared, length)];
  const files = found.map(one => ({
    ...one,
    step: newSteps[one.layer] ?? oldSteps[one.layer] ?? `layer ${one.layer + 1}`,
  }));
  return { images, sameContent: false, settings: differingSettings(a.config, b.config), files };
}

/** How many steps at the top of both are the same: on a base of more layers than before, they lie higher. */
function sharedAbove(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count;
}

/** The items with so many of the last ones at the end of `length` places; what is between has none. */
function raised<Item>(items: readonly Item[], last: number, length: number): (Item | undefined)[] {
  const missing: undefined[] = Array.from({ length: Math.max(0, length - items.length) });
  const at = items.length - last;
  return [...items.slice(0, at), ...missing, ...items.slice(at)];
}

async function opened(place: ImagePlace, platform: Platform, runtime: BuildRuntime) {
  const { store } = runtime;
  const manifest =
    typeof place === 'string'
      ? place
      : (await pullImage(openSource(place, await runtime.registry()), platform, store)).manifest.digest;
  const config = await imageConfig(manifest, store);
  const image = await describedImage(manifest, runtime);
  return { config, image };
}

async function describedImage(manifest: Digest, { store }: BuildRuntime): Promise<ComparedImage> {
  const { config, layers } = await readManifest(manifest, store);
  return {
    manifest,
    config: config.digest,
    layers: layers.length,
    bytes: layers.reduce((sum, { size }) => sum + size, 0),
  };
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
