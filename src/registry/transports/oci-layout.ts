import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { z } from 'zod';
import {
  type Digest,
  errnoOf,
  integrityError,
  isDigest,
  lazy,
  sha256,
  usageError,
} from '../../core/index.ts';
import { Store } from '../../store/index.ts';
import { blobsOf, readImageTree } from '../image-tree.ts';
import { manifestLimit, type Descriptor } from '../manifest.ts';
import type { Reference } from '../reference.ts';
import { reported } from '../transfer.ts';
import { blobPath } from './archive.ts';
import { defaultTag, layoutNames, refNameAnnotation } from './layout-names.ts';
import type { ImageDestination, ImageSource } from './transport.ts';

const indexSchema = lazy(() =>
  z.object({
    manifests: z.array(
      z.object({
        mediaType: z.string(),
        digest: z.custom<Digest>(isDigest, 'not a sha256 digest'),
        size: z.number().int().nonnegative(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    ),
  }),
);
type NamedManifest = z.infer<ReturnType<typeof indexSchema>>['manifests'][number];

/**
 * `oci:DIR[:TAG]`, to read: an OCI image layout. Without a tag its only image, or the one called `latest`.
 * Nothing is written to the directory.
 */
export function ociLayoutSource(directory: string, tag?: string): ImageSource {
  const name = `oci:${directory}${tag === undefined ? '' : `:${tag}`}`;
  return {
    name,
    async manifest(entry) {
      const { mediaType, digest, size } = entry ?? (await namedManifest(directory, tag));
      const descriptor = { mediaType, digest, size };
      const bytes = await readManifestFile(directory, descriptor);
      return { descriptor, bytes };
    },
    async *blob(blob) {
      try {
        yield* createReadStream(join(directory, blobPath(blob)));
      } catch (error) {
        throw errnoOf(error) === undefined ? error : unreadable(directory, blob, error);
      }
    },
  };
}

/**
 * `oci:DIR[:TAG]`, to write: into the layout that is there, or a new one. Other images in it stay.
 * @param references names that the image gets instead of the tag
 */
export function ociLayoutDestination(
  directory: string,
  tag = defaultTag,
  references: readonly Reference[] = [],
): ImageDestination {
  return {
    name: `oci:${directory}:${tag}`,
    async write(store, image, onTransfer) {
      const tree = await readImageTree(store, image);
      const target = await Store.open(directory);
      for (const blob of blobsOf(tree)) {
        if (await holds(target, blob)) continue;
        await target.put(reported(store.read(blob.digest), blob, onTransfer), blob);
      }
      const { mediaType, digest, size } = image;
      for (const { tag: name = tag, whole } of layoutNames(references, tag))
        await target.tag(name, { mediaType, digest, size }, whole);
    },
  };
}

/** Whether a blob is there and sound: an old layout may have rotted. */
async function holds(target: Store, blob: Descriptor): Promise<boolean> {
  if ((await target.size(blob.digest)) !== blob.size) return false;
  return finished(target.read(blob.digest).resume()).then(
    () => true,
    () => false,
  );
}

async function namedManifest(directory: string, tag: string | undefined): Promise<NamedManifest> {
  const { manifests } = await readIndex(directory);
  const nameOf = (manifest: NamedManifest) => manifest.annotations?.[refNameAnnotation];
  const named = manifests.find(manifest => nameOf(manifest) === (tag ?? defaultTag));
  const [only] = manifests;
  const images = new Set(manifests.map(({ digest }) => digest));
  const found = tag === undefined && images.size === 1 ? only : named;
  if (found) return found;
  const names = manifests.map(manifest => nameOf(manifest) ?? '(no name)').join(', ');
  throw usageError(
    'OCI_LAYOUT_TAG',
    `${directory} has no image called ${tag ?? defaultTag}; it has ${names || 'none'}`,
    { next: 'Name one of these as oci:DIR:TAG.' },
  );
}

async function readIndex(directory: string): Promise<z.infer<ReturnType<typeof indexSchema>>> {
  const file = join(directory, 'index.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usageError(
      'OCI_LAYOUT_MISSING',
      `${directory} is not an OCI image layout (index.json: ${errnoOf(error) ?? 'unreadable'})`,
      { next: 'Name a directory that holds oci-layout, index.json and blobs.', cause: error },
    );
  });
  try {
    return indexSchema().parse(JSON.parse(text));
  } catch (error) {
    throw integrityError('OCI_LAYOUT_INVALID', `${file} is not an image index`, {
      next: 'Write the layout anew with the tool that made it.',
      cause: error,
    });
  }
}

async function readManifestFile(directory: string, descriptor: Descriptor): Promise<Buffer> {
  if (descriptor.size > manifestLimit) throw unreadable(directory, descriptor, undefined);
  const bytes = await readFile(join(directory, blobPath(descriptor))).catch((error: unknown) => {
    throw unreadable(directory, descriptor, error);
  });
  if (bytes.byteLength === descriptor.size && sha256(bytes) === descriptor.digest) return bytes;
  throw unreadable(directory, descriptor, undefined);
}

function unreadable(directory: string, { digest }: Descriptor, cause: unknown) {
  const why = errnoOf(cause) ?? 'its bytes are others';
  return integrityError('OCI_LAYOUT_BLOB', `${directory} does not have the blob ${digest} (${why})`, {
    next: 'Write the layout anew with the tool that made it.',
    cause,
  });
}
