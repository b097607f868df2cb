import { isDigest, upstreamError } from '../../core/index.ts';
import type { ImageSource } from '../transports/transport.ts';
import type { CopySource } from './place.ts';

/** A place to copy from as one to pull an image from. */
export function imageSourceOf(source: CopySource): ImageSource {
  return {
    name: source.name,
    async manifest(entry) {
      const { descriptor, bytes } = await (entry ? source.manifest(entry) : source.root());
      const { mediaType, digest, size } = descriptor;
      if (!isDigest(digest)) throw otherDigest(source, digest);
      return { descriptor: { mediaType, digest, size }, bytes };
    },
    blob: blob => source.blob(blob, 0),
  };
}

function otherDigest({ name }: CopySource, digest: string) {
  return upstreamError('REGISTRY_DIGEST_UNKNOWN', `${name} is named by ${digest.slice(0, 100)}, no sha256`, {
    next: 'Name an image by its tag, or one whose digest is of sha256.',
  });
}
