import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, type Digest } from '../core/index.ts';
import { Store, type TaggedDescriptor } from '../store/index.ts';
import { blobsNamed } from './named-blobs.ts';
import type { BlobPlace, WantedBlob } from './place.ts';

/** An OCI image layout in a directory, on a shared disk for one; made at the first blob that is sent. */
export function layoutPlace(directory: string): BlobPlace {
  let opened: Promise<Store> | undefined;
  const layout = () => (opened ??= Store.open(directory));
  const pathOf = (digest: Digest) => join(directory, 'blobs', 'sha256', hexOf(digest));
  const sizeOf = async ({ digest, size }: WantedBlob) => {
    const found = await stat(pathOf(digest)).catch(() => undefined);
    return found?.isFile() && (size === undefined || found.size === size) ? found.size : undefined;
  };
  return {
    name: `oci:${directory}`,
    async bring(blob, store) {
      const size = await sizeOf(blob);
      if (size === undefined) return false;
      await store.put(createReadStream(pathOf(blob.digest)), { digest: blob.digest, size });
      return true;
    },
    has: async blob => (await sizeOf(blob)) !== undefined,
    async named(tags) {
      // Not opened to look: that would make one.
      if ((await stat(join(directory, 'index.json')).catch(() => undefined)) === undefined) return new Set();
      const store = await layout();
      const found = new Set<Digest>();
      const read = async ({ mediaType, digest, size }: TaggedDescriptor) => ({
        descriptor: { mediaType, digest, size },
        bytes: await store.readBytes(digest),
      });
      for (const { name, descriptor } of await store.tags())
        if (tags.includes(name))
          for (const digest of await blobsNamed(await read(descriptor), read)) found.add(digest);
      return found;
    },
    async send(blob, store) {
      const target = await layout();
      if ((await sizeOf(blob)) !== undefined) return 'present';
      await target.put(store.read(blob.digest), blob);
      return 'uploaded';
    },
    async publish({ manifests, top }, tags) {
      const target = await layout();
      for (const { bytes, descriptor } of [...manifests, top]) await target.put(bytes, descriptor);
      for (const tag of tags) await target.tag(tag, top.descriptor);
    },
  };
}
