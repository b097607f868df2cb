import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { canonicalJson, errnoOf, hexOf, HoldfastError, usageError, type Json } from '../../core/index.ts';
import type { Store } from '../../store/index.ts';
import { blobsOf, type ImageTree } from '../image-tree.ts';
import { ociIndexType, type Descriptor } from '../manifest.ts';
import { reported, type OnTransfer } from '../transfer.ts';
import { annotationsOf, type LayoutName } from './layout-names.ts';
import { tarOf, type TarMember } from './tar.ts';

/** The members of an OCI image layout (image-spec, image-layout.md) that holds one image, by each of its names. */
export function layoutMembers(
  store: Store,
  tree: ImageTree,
  names: readonly LayoutName[],
  onTransfer?: OnTransfer,
): TarMember[] {
  const { mediaType, digest, size } = tree.descriptor;
  const index = {
    schemaVersion: 2,
    mediaType: ociIndexType,
    manifests: names.map(name => ({ mediaType, digest, size, annotations: annotationsOf(name) })),
  };
  return [
    directoryMember('blobs/'),
    directoryMember('blobs/sha256/'),
    ...blobsOf(tree).map(blob => blobMember(store, blob, onTransfer)),
    jsonMember('index.json', index),
    jsonMember('oci-layout', { imageLayoutVersion: '1.0.0' }),
  ];
}

/** Where a layout keeps a blob. */
export function blobPath({ digest }: Descriptor): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

export function jsonMember(name: string, value: Json): TarMember {
  const bytes = Buffer.from(canonicalJson(value));
  return { name, size: bytes.byteLength, content: () => [bytes] };
}

function blobMember(store: Store, blob: Descriptor, onTransfer: OnTransfer | undefined): TarMember {
  const content = () => reported(store.read(blob.digest), blob, onTransfer);
  return { name: blobPath(blob), size: blob.size, content };
}

function directoryMember(name: string): TarMember {
  return { name, size: 0, content: () => [] };
}

/**
 * Writes an archive whole or not at all, its members sorted by name.
 * @throws HoldfastError ARCHIVE_UNWRITABLE (exit 2)
 */
export async function writeArchive(file: string, members: readonly TarMember[]): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  const sorted = members.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  try {
    await pipeline(tarOf(sorted), createWriteStream(partial, { flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof HoldfastError || errnoOf(error) === undefined) throw error;
    throw usageError('ARCHIVE_UNWRITABLE', `cannot write ${file} (${errnoOf(error)})`, {
      next: 'Name a file in a directory that exists, that you may write, and that has room.',
      cause: error,
    });
  }
}
