import { formatPlatform, type Platform } from '../../core/index.ts';
import {
  imageOf,
  readDocument,
  selectedRoot,
  type Content,
  type ContentManifest,
  type CopySource,
  type ReadImage,
} from '../../registry/index.ts';
import { parseImageConfig } from '../config.ts';
import { compareImages, type ImageComparison } from './compare-images.ts';

/** Whether two names stand for the same image, and what makes their digests differ. */
export interface Identity {
  readonly same: boolean;
  readonly a: NamedImage;
  readonly b: NamedImage;
  /** One for every platform that either has; one without a platform where neither is an index. */
  readonly platforms: readonly PlatformIdentity[];
  /** What holds for the whole: another index, or one platform chosen out of an index. */
  readonly reasons: readonly string[];
}

export interface NamedImage {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
}

export interface PlatformIdentity extends ImageComparison {
  readonly platform?: string | undefined;
}

/**
 * Holds two images against each other by what they are: configuration and diff IDs, these recomputed from the bytes
 * wherever the compressed layers differ. Two indexes are the same where they have the same platforms, each the same;
 * with `only` the image of that platform counts, whatever else an index has.
 * @throws HoldfastError IMAGE_CONFIG_INVALID, REGISTRY_DIGEST_MISMATCH, LAYER_CORRUPT (exit 4), REGISTRY_NO_PLATFORM
 *   (exit 5), and what the sources throw
 */
export async function sameImage(a: CopySource, b: CopySource, only?: Platform): Promise<Identity> {
  const [left, right] = await Promise.all([rootOf(a, only), rootOf(b, only)]);
  const named = { a: nameOf(left), b: nameOf(right) };
  if (left.manifest.descriptor.digest === right.manifest.descriptor.digest)
    return { same: true, ...named, platforms: [], reasons: ['it is the same manifest, byte for byte'] };
  const [ours, theirs] = [await imagesOf(left), await imagesOf(right)];
  const oneOfMany = (ours.isIndex ? 1 : 0) + (theirs.isIndex ? 1 : 0) === 1;
  const platforms: PlatformIdentity[] = [];
  for (const [platform, image] of ours.images) {
    const other = theirs.images.get(platform);
    if (other) platforms.push({ platform, ...(await compareImages(a, await image(), b, await other())) });
    else if (!oneOfMany || !ours.isIndex) platforms.push(missing(platform, named.b));
  }
  for (const platform of theirs.images.keys())
    if (!ours.images.has(platform) && (!oneOfMany || !theirs.isIndex))
      platforms.push(missing(platform, named.a));
  const same = platforms.length > 0 && platforms.every(one => one.same);
  return { same, ...named, platforms, reasons: reasonsOf(ours, theirs, named, same) };
}

interface Root {
  readonly source: CopySource;
  readonly manifest: ContentManifest;
}

async function rootOf(source: CopySource, only: Platform | undefined): Promise<Root> {
  const platforms = only === undefined ? [] : [only];
  return { source, manifest: await selectedRoot(source, { kind: 'platforms', platforms }) };
}

function nameOf({ source, manifest: { descriptor } }: Root): NamedImage {
  return { name: source.name, digest: descriptor.digest, mediaType: descriptor.mediaType };
}

interface Images {
  readonly isIndex: boolean;
  /** By platform. */
  readonly images: ReadonlyMap<string, () => Promise<ReadImage>>;
  /** How many entries of an index are no images that run: attestations. */
  readonly others: number;
}

async function imagesOf({ source, manifest: { descriptor, bytes } }: Root): Promise<Images> {
  const document = readDocument(bytes, descriptor.mediaType, source.name);
  if (document.kind === 'image') {
    const image = await imageOf(source, { descriptor, bytes });
    const platform = platformOf(image);
    return { isIndex: false, images: new Map([[platform, async () => image]]), others: 0 };
  }
  const runnable = document.manifests.filter(({ platform }) => platform?.os !== 'unknown');
  const images = new Map<string, () => Promise<ReadImage>>();
  for (const entry of runnable) {
    const image = async () => imageOf(source, await source.manifest(entry));
    images.set(entry.platform ? plainPlatform(entry.platform) : platformOf(await image()), image);
  }
  return { isIndex: true, images, others: document.manifests.length - runnable.length };
}

function platformOf({ config, document }: ReadImage): string {
  // An artifact has no platform; what it is about stands for one.
  if (!/image\.config|container\.image/.test(document.config.mediaType)) return document.artifactType;
  return plainPlatform(parseImageConfig(config));
}

/** arm64 is v8 whether it says so or not (containerd, platforms.Normalize). */
function plainPlatform({ os, architecture, variant }: NonNullable<Content['platform']>): string {
  const isPlain = variant === undefined || variant === '' || (architecture === 'arm64' && variant === 'v8');
  return formatPlatform(isPlain ? { os, architecture } : { os, architecture, variant });
}

function missing(platform: string, { name }: NamedImage): PlatformIdentity {
  return { platform, same: false, reasons: [`${name} has no image for it`], layers: [] };
}

function reasonsOf(
  a: Images,
  b: Images,
  names: { readonly a: NamedImage; readonly b: NamedImage },
  same: boolean,
): string[] {
  if (a.isIndex !== b.isIndex) {
    const [index, image] = a.isIndex ? [names.a, names.b] : [names.b, names.a];
    return [`${index.name} is an index, ${image.name} one image`];
  }
  if (!a.isIndex) return [];
  if (a.others !== b.others) return [`the indexes have ${a.others} and ${b.others} attestations`];
  return same ? ['the indexes are written differently'] : [];
}
