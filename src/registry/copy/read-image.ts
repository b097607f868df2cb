import { buffer } from 'node:stream/consumers';
import { upstreamError, type Platform } from '../../core/index.ts';
import { isImageConfigType, manifestLimit } from '../manifest.ts';
import { BlobReader } from './blob-reader.ts';
import type { Content, ContentManifest } from './content.ts';
import { readDocument, type CopyDocument } from './document.ts';
import type { CopySource } from './place.ts';
import { selectedRoot } from './selection.ts';

/** A manifest with its configuration, both verified. */
export interface ReadImage {
  readonly manifest: Content;
  readonly bytes: Buffer;
  readonly document: CopyDocument & { readonly kind: 'image' };
  readonly config: Buffer;
}

/**
 * The image that a source names; of an index the one for `platform`.
 * @throws HoldfastError REGISTRY_NO_PLATFORM, REGISTRY_NOT_A_MANIFEST (exit 5), and what the source throws
 */
export async function readImage(source: CopySource, platform: Platform): Promise<ReadImage> {
  const root = await selectedRoot(source, { kind: 'platforms', platforms: [platform] });
  return imageOf(source, root);
}

/** As {@link readImage}, with a manifest that has been read. */
export async function imageOf(
  source: CopySource,
  { descriptor: manifest, bytes }: ContentManifest,
): Promise<ReadImage> {
  const document = readDocument(bytes, manifest.mediaType, source.name);
  if (document.kind === 'index') throw notOneImage(source, 'an index');
  const { config } = document;
  if (config.size > manifestLimit) throw notOneImage(source, `a configuration of ${config.size} bytes`);
  return { manifest, bytes, document, config: await buffer(verifiedBlob(source, config)) };
}

/** The bytes of a blob; the last ones come only when all of them are right. */
export function verifiedBlob(source: CopySource, blob: Content): AsyncIterable<Uint8Array> {
  return new BlobReader(blob, source.name, from => source.blob(blob, from)).read(0);
}

/** Whether it is a container image, and no chart, signature or other artifact. */
export function isContainerImage({ document }: ReadImage): boolean {
  return isImageConfigType(document.config.mediaType);
}

function notOneImage({ name }: CopySource, what: string) {
  return upstreamError(
    'REGISTRY_NOT_AN_IMAGE',
    `${name} is not one image: it has ${what} where one should be`,
    {
      next: 'Name the image of one platform by its digest.',
    },
  );
}
