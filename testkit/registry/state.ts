import { createHash } from 'node:crypto';

export interface StoredManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** An open upload. `token` is in its location, and is another one after each step: a location is to be used as it is. */
export interface Upload {
  bytes: Buffer;
  token: string;
}

/** What one repository holds. Blobs and manifests by digest, tags to digests. */
export class RepositoryState {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, StoredManifest>();
  readonly tags = new Map<string, string>();
  readonly uploads = new Map<string, Upload>();

  /** By tag or digest. */
  manifest(reference: string): (StoredManifest & { digest: string }) | undefined {
    const digest = reference.includes(':') ? reference : (this.tags.get(reference) ?? '');
    const found = this.manifests.get(digest);
    return found && { ...found, digest };
  }
}

/** By the algorithm of another digest, sha256 by default. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
