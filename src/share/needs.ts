import { buffer } from 'node:stream/consumers';
import { HoldfastError, shortDigest, type Digest } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import { readRecording, type BuildEntry, type ImageInput, type Recording } from '../lock/index.ts';
import type { BlobDescriptor, Store } from '../store/index.ts';

/** A blob that a build from a lock reads. */
export interface NeededBlob {
  readonly digest: Digest;
  /** Bytes; nothing where what would tell is not at hand. */
  readonly size?: number | undefined;
  /** For messages. */
  readonly what: string;
  /** The reference of the image that it belongs to. */
  readonly image?: string | undefined;
  /** A build can do without: it is kept where it is at hand. */
  readonly optional?: true;
}

export interface Needs {
  readonly blobs: ReadonlyMap<Digest, NeededBlob>;
  /** What names further blobs and is not at hand, so that these are not known. */
  readonly unread: readonly NeededBlob[];
  readonly recordings: readonly Recording[];
}

/** The bytes of a recording or manifest, verified; nothing where they are not at hand. */
export type ReadBlob = (blob: NeededBlob) => Promise<Buffer | undefined>;

/**
 * All that builds from a lock read from the store: recordings, images as they were published, and the body of every
 * answer. With `images`, the images that the lock builds as well, which a build makes again.
 */
export async function needsOf(
  builds: readonly Pick<BuildEntry, 'dockerfile' | 'recording' | 'image'>[],
  read: ReadBlob,
  { images = false }: { readonly images?: boolean } = {},
): Promise<Needs> {
  const walk = new Walk(read);
  for (const { dockerfile, recording: digest, image } of builds) {
    const what = `the recording of ${dockerfile}`;
    const recording = await walk.recording({ digest, what });
    for (const input of recording?.images ?? []) await walk.input(input);
    for (const { digest: body, size, url } of recording === undefined ? [] : bodiesOf(recording))
      walk.add({ digest: body, size, what: url });
    if (images) await walk.image({ digest: image, what: `the image of ${dockerfile}`, optional: true });
  }
  const { blobs, unread, recordings } = walk;
  return { blobs, unread, recordings };
}

/** A manifest, or an index, and all that it names. */
export async function needsOfImage(image: NeededBlob, read: ReadBlob): Promise<Needs['blobs']> {
  const walk = new Walk(read);
  await walk.image(image);
  return walk.blobs;
}

/** The bodies of a recording's answers and where they came from. */
export function bodiesOf({ steps }: Recording): (BlobDescriptor & { readonly url: string })[] {
  return steps.flatMap(({ exchanges }) =>
    exchanges.flatMap(({ key, responses }) =>
      responses.flatMap(({ body }) => (body === undefined ? [] : [{ ...body, url: key.url }])),
    ),
  );
}

class Walk {
  readonly #read: ReadBlob;
  readonly blobs = new Map<Digest, NeededBlob>();
  readonly unread: NeededBlob[] = [];
  readonly recordings: Recording[] = [];

  constructor(read: ReadBlob) {
    this.#read = read;
  }

  add(blob: NeededBlob): void {
    const known = this.blobs.get(blob.digest);
    if (known === undefined || (known.size === undefined && blob.size !== undefined))
      this.blobs.set(blob.digest, blob);
  }

  async recording(blob: NeededBlob): Promise<Recording | undefined> {
    const bytes = await this.#readNamed(blob);
    if (bytes === undefined) return undefined;
    const recording = await readRecording({ readBytes: () => Promise.resolve(bytes) }, blob.digest);
    this.recordings.push(recording);
    return recording;
  }

  async input({ reference, index, manifest, size, config }: ImageInput): Promise<void> {
    const of = (part: string) => ({ what: `${part} of ${reference}`, image: reference });
    if (index !== undefined) {
      const blob = { digest: index, ...of('the index'), optional: true } as const;
      // Pulled by the digest of its manifest an image comes without.
      const bytes = await this.#read(blob);
      if (bytes !== undefined) this.add({ ...blob, size: bytes.byteLength });
    }
    this.add({ digest: config, ...of('the configuration') });
    await this.image({ digest: manifest, size, ...of('the manifest') });
  }

  /** A manifest and what it names; of an index only those images that are at hand. */
  async image(blob: NeededBlob): Promise<void> {
    const bytes = await this.#readNamed(blob);
    if (bytes === undefined) return;
    const { image, optional } = blob;
    const rest = { image, ...(optional && { optional }) };
    const document = parseManifest(bytes);
    if (document.kind === 'index') {
      for (const { digest, size } of document.index.manifests)
        await this.image({ digest, size, what: `an image of ${blob.what}`, ...rest, optional: true });
      return;
    }
    const { config, layers } = document.manifest;
    this.add({
      digest: config.digest,
      size: config.size,
      what: `the configuration of ${blob.what}`,
      ...rest,
    });
    for (const { digest, size } of layers)
      this.add({ digest, size, what: `layer ${shortDigest(digest)} of ${image ?? blob.what}`, ...rest });
  }

  async #readNamed(blob: NeededBlob): Promise<Buffer | undefined> {
    const bytes = await this.#read(blob);
    if (bytes === undefined) {
      this.unread.push(blob);
      this.add(blob);
    } else this.add({ ...blob, size: bytes.byteLength });
    return bytes;
  }
}

/** Reads from a store, without a claim to use what is there; what is damaged counts as not at hand. */
export function readingFrom(store: Store): ReadBlob {
  return async ({ digest }) => {
    try {
      return await buffer(store.read(digest));
    } catch (error) {
      if (error instanceof HoldfastError) return undefined;
      throw error;
    }
  };
}
