import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../core/index.ts';
import { manifestLimit, manifestTypeOf } from '../manifest.ts';
import { inParallel } from '../transfer.ts';
import { unwritable, writeBlobFile } from './blob-file.ts';
import { contentDigest, splitDigest, type Content } from './content.ts';
import { directoryFiles } from './files.ts';
import { blobStream, readManifestFile } from './layout-source.ts';
import type { CopySource, CopyTarget } from './place.ts';
import { blobsOf, manifestsOf } from './plan.ts';

/** containers-image, directory transport: what is in the file `version`. */
const version = 'Directory Transport Version: 1.1\n';

const blobName = ({ digest }: Content) => splitDigest(digest).hex;
/** Manifests below an index lie beside it. */
const manifestName = (descriptor: Content) => `${blobName(descriptor)}.manifest.json`;

/** `dir:DIR`, to copy from: one image or index as containers-image lays it out. */
export function directorySource(directory: string): CopySource {
  const name = `dir:${directory}`;
  const files = directoryFiles(directory);
  return {
    name,
    async root() {
      const bytes = await files.read('manifest.json', manifestLimit);
      if (bytes === undefined) {
        throw usageError('COPY_DIRECTORY', `${directory} holds no image: it has no manifest.json`, {
          next: 'Name a directory that was written as dir:DIR; an OCI layout is oci:DIR.',
        });
      }
      const mediaType = manifestTypeOf(bytes, undefined, name);
      const digest = contentDigest('sha256', bytes);
      return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
    },
    manifest: descriptor => readManifestFile(files, name, manifestName(descriptor), descriptor),
    blob: (blob, from) => blobStream(files, name, blobName(blob), blob, from),
    lent: (blob, from) => blobStream(files, name, blobName(blob), blob, from, true),
  };
}

/**
 * `dir:DIR`, to copy to: the directory holds this image alone afterwards. Not one that holds something else.
 * @throws HoldfastError COPY_DIRECTORY, COPY_UNWRITABLE (exit 2)
 */
export function directoryTarget(directory: string): CopyTarget {
  const files = directoryFiles(directory);
  return {
    name: `dir:${directory}`,
    keepsAttachments: false,
    async write(plan, supply) {
      try {
        await mkdir(directory, { recursive: true });
        await requireOurs(directory);
        await writeFile(join(directory, 'version'), version);
      } catch (error) {
        throw unwritable(directory, error);
      }
      const manifests = manifestsOf(plan);
      const blobs = blobsOf(manifests);
      await inParallel(blobs, supply.parallel, async blob => {
        const there = (await files.size(blobName(blob))) === blob.size;
        if (!there) await writeBlobFile(join(directory, blobName(blob)), blob, supply);
        supply.done(blob, there ? 'present' : 'copied');
      });
      const below = manifests.filter(manifest => manifest !== plan.root);
      for (const { descriptor, bytes } of below)
        await writeFile(join(directory, manifestName(descriptor)), bytes);
      await writeFile(join(directory, 'manifest.json'), plan.root.bytes);
      await removeOthers(directory, [
        'version',
        'manifest.json',
        ...below.map(({ descriptor }) => manifestName(descriptor)),
        ...blobs.map(blobName),
      ]);
    },
  };
}

const ownNames =
  /^(?:version|manifest\.json|[0-9a-f]{64}(?:[0-9a-f]{64})?(?:\.manifest\.json)?|\..*\.partial)$/;

async function requireOurs(directory: string): Promise<void> {
  const foreign = (await readdir(directory)).find(name => !ownNames.test(name));
  if (foreign === undefined) return;
  throw usageError('COPY_DIRECTORY', `${directory} is not empty, and holds ${foreign}, which is no image's`, {
    next: 'Name a new or empty directory.',
  });
}

async function removeOthers(directory: string, names: readonly string[]): Promise<void> {
  const kept = new Set(names);
  for (const name of await readdir(directory)) if (!kept.has(name)) await rm(join(directory, name));
}
