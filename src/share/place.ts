import type { Digest } from '../core/index.ts';
import type { BlobOutcome } from '../registry/index.ts';
import type { BlobDescriptor, Store } from '../store/index.ts';
import type { Artifact } from './artifact.ts';

/** A blob that is looked for; its size may be unknown. */
export interface WantedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size?: number | undefined;
}

/** Where blobs of stores are shared: a repository of a registry, or an OCI image layout. */
export interface BlobPlace {
  /** For messages, as the user would write it. */
  readonly name: string;
  /**
   * Brings a blob into the store, its bytes verified.
   * @returns false where the place has it not
   */
  bring(blob: WantedBlob, store: Store): Promise<boolean>;
  /** Whether the place has a blob. */
  has(blob: WantedBlob): Promise<boolean>;
  /** The blobs that artifacts of these tags name; none where there is no such artifact. */
  named(tags: readonly string[]): Promise<ReadonlySet<Digest>>;
  /** Takes a blob from the store unless it is there, its bytes verified. @param image it came with, by its reference */
  send(blob: BlobDescriptor, store: Store, image?: string): Promise<BlobOutcome>;
  /** Names an artifact, all of whose blobs are there. */
  publish(artifact: Artifact, tags: readonly string[]): Promise<void>;
}
