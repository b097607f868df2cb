import { z } from 'zod';
import { integrityError, lazy, usageError } from '../../core/index.ts';
import { manifestLimit } from '../manifest.ts';
import { defaultTag, refNameAnnotation } from '../transports/layout-names.ts';
import { contentDigest, isContentDigest, splitDigest, type Content, type ContentDigest } from './content.ts';
import type { ContentManifest } from './content.ts';
import { readDocument } from './document.ts';
import type { Files } from './files.ts';
import type { CopySource } from './place.ts';
import { layoutPath } from './plan.ts';

const entrySchema = lazy(() =>
  z.object({
    mediaType: z.string(),
    digest: z.custom<ContentDigest>(isContentDigest, 'not a sha256 or sha512 digest'),
    size: z.number().int().nonnegative(),
    annotations: z
      .record(z.string(), z.string())
      .nullish()
      .transform(value => value ?? {}),
  }),
);
const indexSchema = lazy(() => z.object({ manifests: z.array(entrySchema()) }));
export type LayoutEntry = z.infer<ReturnType<typeof entrySchema>>;

/**
 * An OCI image layout (image-spec, image-layout.md), to copy from. Without a tag its only image, or the one called
 * `latest`. Referrers are found by the tag that lists them, as in a registry, and among the manifests without a name.
 * @throws HoldfastError OCI_LAYOUT_MISSING, OCI_LAYOUT_TAG (exit 2), OCI_LAYOUT_INVALID, OCI_LAYOUT_BLOB (exit 4)
 */
export function layoutSource(
  files: Files,
  place: string,
  tag?: string,
  isWanted: IsWanted = annotations => annotations[refNameAnnotation] === (tag ?? defaultTag),
): CopySource {
  const name = tag === undefined ? place : `${place}:${tag}`;
  let reading: Promise<LayoutEntry[]> | undefined;
  const entries = () => (reading ??= layoutEntries(files, place));
  const manifest = ({ mediaType, digest, size }: Content) =>
    readManifestFile(files, place, layoutPath({ digest } as Content), { mediaType, digest, size });
  const entryTagged = async (wanted: string) =>
    (await entries()).find(({ annotations }) => annotations[refNameAnnotation] === wanted);
  return {
    name,
    describe: async () => plain(namedEntry(await entries(), place, tag, isWanted)),
    root: async () => manifest(namedEntry(await entries(), place, tag, isWanted)),
    manifest,
    blob: (blob, from) => blobStream(files, place, layoutPath(blob), blob, from),
    lent: (blob, from) => blobStream(files, place, layoutPath(blob), blob, from, true),
    async tagged(wanted) {
      const entry = await entryTagged(wanted);
      return entry && manifest(entry);
    },
    async referrers(subject) {
      const unnamed = (await entries()).filter(
        ({ annotations }) => annotations[refNameAnnotation] === undefined,
      );
      const found: Content[] = [];
      for (const entry of unnamed) {
        const { bytes, descriptor } = await manifest(entry);
        const document = readDocument(bytes, descriptor.mediaType, name);
        if (document.subject?.digest === subject) found.push(descriptor);
      }
      return found.length > 0 ? found : undefined;
    },
    ...(files.close && { close: () => files.close?.() ?? Promise.resolve() }),
  };
}

function plain({ mediaType, digest, size }: LayoutEntry): Content {
  return { mediaType, digest, size };
}

/** Whether an entry of the layout's index is the one that is meant. */
type IsWanted = (annotations: Readonly<Record<string, string>>) => boolean;

function namedEntry(
  entries: readonly LayoutEntry[],
  place: string,
  tag: string | undefined,
  isWanted: IsWanted,
): LayoutEntry {
  const nameOf = ({ annotations }: LayoutEntry) => annotations[refNameAnnotation];
  const named = entries.find(({ annotations }) => isWanted(annotations));
  const [only] = entries;
  const images = new Set(entries.map(({ digest }) => digest));
  const found = tag === undefined && images.size === 1 ? only : named;
  if (found) return found;
  const names = entries.map(entry => nameOf(entry) ?? '(no name)').join(', ');
  throw usageError(
    'OCI_LAYOUT_TAG',
    `${place} has no image called ${tag ?? defaultTag}; it has ${names || 'none'}`,
    { next: `Name one of these as ${place}:TAG.` },
  );
}

export async function layoutEntries(files: Files, place: string): Promise<LayoutEntry[]> {
  const bytes = await files.read('index.json', manifestLimit);
  if (bytes === undefined) {
    throw usageError('OCI_LAYOUT_MISSING', `${place} is not an OCI image layout: it has no index.json`, {
      next: 'Name a directory or archive that holds oci-layout, index.json and blobs.',
    });
  }
  try {
    return indexSchema().parse(JSON.parse(bytes.toString('utf8'))).manifests;
  } catch (error) {
    throw integrityError('OCI_LAYOUT_INVALID', `index.json of ${place} is not an image index`, {
      next: 'Write the layout anew with the tool that made it.',
      cause: error,
    });
  }
}

/** A manifest's bytes from a file, verified. @throws HoldfastError OCI_LAYOUT_BLOB (exit 4) */
export async function readManifestFile(
  files: Files,
  place: string,
  path: string,
  descriptor: Content,
): Promise<ContentManifest> {
  const bytes = await files.read(path, manifestLimit);
  if (bytes === undefined) throw unreadable(place, descriptor, 'it is not there, or too long');
  const digest = contentDigest(splitDigest(descriptor.digest).algorithm, bytes);
  if (digest === descriptor.digest) return { descriptor: { ...descriptor, size: bytes.byteLength }, bytes };
  throw unreadable(place, descriptor, 'its bytes are others');
}

/** A blob's bytes from a file; `lent` as in {@link Files}. @throws HoldfastError OCI_LAYOUT_BLOB (exit 4) */
export async function* blobStream(
  files: Files,
  place: string,
  path: string,
  blob: Content,
  from: number,
  lent = false,
): AsyncGenerator<Uint8Array, void, undefined> {
  const size = await files.size(path);
  if (size === undefined) throw unreadable(place, blob, 'it is not there');
  if (size !== blob.size) throw unreadable(place, blob, `it has ${size} bytes, not ${blob.size}`);
  yield* files.stream(path, from, lent);
}

function unreadable(place: string, { digest }: Content, why: string) {
  return integrityError('OCI_LAYOUT_BLOB', `${place} does not have the blob ${digest}: ${why}`, {
    next: 'Write it anew with the tool that made it.',
  });
}
