import { createHash, type Hash } from 'node:crypto';
import { isDigest, type Digest } from '../../core/index.ts';
import type { IndexEntry } from '../manifest.ts';

declare const sha512Brand: unique symbol;

/** What names content that is only moved: both algorithms of OCI image-spec descriptor.md, "Registered algorithms". */
export type ContentDigest = Digest | (`sha512:${string}` & { readonly [sha512Brand]: true });

const sha512Pattern = /^sha512:[0-9a-f]{128}$/;

export function isContentDigest(text: unknown): text is ContentDigest {
  return isDigest(text) || (typeof text === 'string' && sha512Pattern.test(text));
}

export type DigestAlgorithm = 'sha256' | 'sha512';

export function splitDigest(digest: ContentDigest): { algorithm: DigestAlgorithm; hex: string } {
  const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
  return { algorithm, hex: digest.slice(algorithm.length + 1) };
}

/** The digest of bytes held in memory. */
export function contentDigest(algorithm: DigestAlgorithm, bytes: Uint8Array): ContentDigest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as ContentDigest;
}

/** Hashes and counts a stream of bytes as it passes, by the algorithm of the digest that it should have. */
export class ContentDigester {
  readonly #algorithm: DigestAlgorithm;
  readonly #hash: Hash;
  #size = 0;

  constructor(digest: ContentDigest) {
    this.#algorithm = splitDigest(digest).algorithm;
    this.#hash = createHash(this.#algorithm);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.byteLength;
  }

  /** Bytes seen so far. */
  get size(): number {
    return this.#size;
  }

  /** Call once, at the end. */
  digest(): ContentDigest {
    return `${this.#algorithm}:${this.#hash.digest('hex')}` as ContentDigest;
  }
}

/** OCI image-spec descriptor.md, the members that copying needs. */
export interface Content {
  readonly mediaType: string;
  readonly digest: ContentDigest;
  /** Bytes. */
  readonly size: number;
  /** Other places where the bytes are, for layers that may not be passed on. */
  readonly urls?: readonly string[] | undefined;
  readonly platform?: IndexEntry['platform'];
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly artifactType?: string | undefined;
}

/** A manifest's or index's own bytes, as they were given and as the digest names them. */
export interface ContentManifest {
  readonly descriptor: Content;
  readonly bytes: Buffer;
}

/** Twelve digits, for messages that people read. */
export function shortContent(digest: ContentDigest): string {
  return splitDigest(digest).hex.slice(0, 12);
}
