import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Store, type TaggedDescriptor } from '../../store/index.ts';
import { inParallel } from '../transfer.ts';
import { defaultTag, refNameAnnotation } from '../transports/layout-names.ts';
import { referrersTag } from './attachments.ts';
import { unwritable, writeBlobFile } from './blob-file.ts';
import { BlobReader } from './blob-reader.ts';
import type { Content, ContentManifest } from './content.ts';
import { isForeign, readDocument } from './document.ts';
import { directoryFiles } from './files.ts';
import { layoutEntries, layoutSource } from './layout-source.ts';
import type { CopyTarget, Supply } from './place.ts';
import { blobsOf, layoutPath, manifestsOf } from './plan.ts';
import { listWith, referrersBySubject } from './referrers-index.ts';

/**
 * `oci:DIR[:TAG]`, to copy to: into the layout that is there, or a new one. Other images in it stay. Referrers are
 * listed under the tag that registries without an API for them have.
 * @throws HoldfastError COPY_UNWRITABLE, STORE_UNUSABLE (exit 2)
 */
export function layoutTarget(directory: string, tag = defaultTag): CopyTarget {
  const place = `oci:${directory}`;
  const files = directoryFiles(directory);
  const named = (name: string) => layoutSource(files, place, name);
  const hasIndex = async () => (await files.size('index.json')) !== undefined;
  const isThere = async (blob: Content) => (await files.size(layoutPath(blob))) === blob.size;
  return {
    name: `${place}:${tag}`,
    keepsAttachments: true,
    async describe() {
      if (!(await hasIndex())) return undefined;
      const entries = await layoutEntries(files, place);
      return entries.find(({ annotations }) => annotations[refNameAnnotation] === tag);
    },
    async holds(descriptor) {
      if (!(await isThere(descriptor))) return false;
      const { bytes } = await named(tag).manifest(descriptor);
      const document = readDocument(bytes, descriptor.mediaType, place);
      if (document.kind === 'index') return false;
      const blobs = [document.config, ...document.layers].filter(blob => !isForeign(blob));
      return (await Promise.all(blobs.map(isThere))).every(Boolean);
    },
    async write(plan, supply) {
      // Makes the directories and the file that says what it is, and changes the index under its lock.
      const layout = await Store.open(directory);
      const manifests = manifestsOf(plan);
      await inParallel(blobsOf(manifests), supply.parallel, async blob => {
        const there = await isThere(blob);
        if (!there) await writeInLayout(directory, blob, supply);
        supply.done(blob, there ? 'present' : 'copied');
      });
      const put = async (manifest: ContentManifest, name?: string) => {
        if (!(await isThere(manifest.descriptor))) await writeManifest(directory, manifest);
        if (name !== undefined) await layout.tag(name, taggedDescriptor(manifest.descriptor));
      };
      for (const manifest of manifests) await put(manifest);
      for (const attachment of plan.attachments)
        if (attachment.kind === 'tag') await put(attachment.manifest, attachment.tag);
      for (const [digest, referrers] of referrersBySubject(plan)) {
        const list = referrersTag({ digest });
        // A new layout has no index before something in it has a name.
        const known = (await hasIndex()) ? await named(list).tagged?.(list) : undefined;
        const next = listWith(known, referrers);
        if (next !== undefined) await put(next, list);
      }
      const { root } = plan;
      if (!root.present) await layout.tag(tag, taggedDescriptor(root.descriptor));
    },
  };
}

function taggedDescriptor({ mediaType, digest, size }: Content): TaggedDescriptor {
  // A manifest that has a name is known by its sha256 alone: its bytes are what the registry or layout named.
  return { mediaType, digest: digest as TaggedDescriptor['digest'], size };
}

async function writeInLayout(directory: string, blob: Content, supply: Pick<Supply, 'open'>): Promise<void> {
  const path = join(directory, layoutPath(blob));
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw unwritable(path, error);
  }
  await writeBlobFile(path, blob, supply);
}

function writeManifest(directory: string, { descriptor, bytes }: ContentManifest): Promise<void> {
  const open = (blob: Content) =>
    new BlobReader(blob, directory, async function* () {
      yield bytes;
    });
  return writeInLayout(directory, descriptor, { open });
}
