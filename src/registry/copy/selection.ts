import { integrityError, type Platform } from '../../core/index.ts';
import { manifestJson } from '../manifest.ts';
import { pickPlatform } from '../platforms.ts';
import { contentDigest, type Content, type ContentManifest } from './content.ts';
import { readDocument } from './document.ts';
import type { CopySource } from './place.ts';

/** What of an index is copied. */
export type Selection =
  | { readonly kind: 'all' }
  /** The index without its images. */
  | { readonly kind: 'index-only' }
  /** One platform: its image in place of the index. Several: a new index of theirs. */
  | { readonly kind: 'platforms'; readonly platforms: readonly Platform[] };

/** The annotation by which BuildKit says which image of the index an attestation is about. */
const attestedAnnotation = 'vnd.docker.reference.digest';
const deepest = 4;

/**
 * The manifest that is to be copied: the source's own, the one of a platform, or a new index of those of several.
 * An image that is no index is whatever platform it is for.
 * @throws HoldfastError REGISTRY_NO_PLATFORM (exit 5)
 */
export async function selectedRoot(source: CopySource, selection: Selection): Promise<ContentManifest> {
  const root = await source.root();
  if (selection.kind !== 'platforms') return root;
  const [platform, ...others] = selection.platforms;
  if (platform === undefined) return root;
  if (others.length === 0) return platformImage(source, root, platform);
  const document = readDocument(root.bytes, root.descriptor.mediaType, source.name);
  if (document.kind === 'image') return root;
  const picked = selection.platforms.map(one => pickPlatform(document.manifests, one, source.name));
  return partOfIndex(root, source, document.manifests, new Set(picked.map(({ digest }) => digest)));
}

async function platformImage(
  source: CopySource,
  root: ContentManifest,
  platform: Platform,
): Promise<ContentManifest> {
  let current = root;
  for (let depth = 0; depth <= deepest; depth++) {
    const document = readDocument(current.bytes, current.descriptor.mediaType, source.name);
    if (document.kind === 'image') return current;
    current = await source.manifest(pickPlatform(document.manifests, platform, source.name));
  }
  throw integrityError('IMAGE_INCOMPLETE', `${source.name} is an index of indexes without an end`, {
    next: 'Name the image of one platform by its digest.',
  });
}

/** The index with these of its entries and what attests them; every other member stays. */
function partOfIndex(
  { descriptor, bytes }: ContentManifest,
  source: CopySource,
  entries: readonly Content[],
  picked: ReadonlySet<string>,
): ContentManifest {
  const isWanted = ({ digest, annotations }: Content) =>
    picked.has(digest) || picked.has(annotations?.[attestedAnnotation] ?? '');
  const json = manifestJson(bytes, source.name) as { manifests: readonly unknown[] };
  const manifests = json.manifests.filter((_, n) => entries[n] !== undefined && isWanted(entries[n]));
  const part = Buffer.from(JSON.stringify({ ...json, manifests }));
  const digest = contentDigest('sha256', part);
  return { descriptor: { mediaType: descriptor.mediaType, digest, size: part.byteLength }, bytes: part };
}
