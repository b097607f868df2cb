import { z } from 'zod';
import { counted, integrityError, lazy, usageError } from '../../core/index.ts';
import { containerdName } from '../../store/index.ts';
import { imageTypes, manifestLimit } from '../manifest.ts';
import { familiarReference, formatReference, type Reference } from '../reference.ts';
import { ContentDigester, contentDigest, type Content, type ContentManifest } from './content.ts';
import type { Files } from './files.ts';
import { layoutSource } from './layout-source.ts';
import type { CopySource } from './place.ts';

const imagesSchema = lazy(() =>
  z
    .array(
      z.object({
        Config: z.string(),
        RepoTags: z.array(z.string()).nullish(),
        Layers: z.array(z.string()).nullish(),
      }),
    )
    .max(10_000),
);
type SavedImage = z.infer<ReturnType<typeof imagesSchema>>[number];

/**
 * `docker-archive:FILE[:REFERENCE]`, to copy from: what `docker save` wrote. Since version 25 that is an OCI layout,
 * too, whose manifest is kept; older ones have none, and get one of Docker's schema 2 over their own bytes.
 * @throws HoldfastError DOCKER_ARCHIVE_NAME (exit 2), DOCKER_ARCHIVE_INVALID (exit 4)
 */
export async function dockerArchiveSource(
  files: Files,
  place: string,
  reference?: Reference,
): Promise<CopySource> {
  const images = await savedImages(files, place);
  const image = namedImage(images, place, reference);
  const isLayout =
    (await files.size('index.json')) !== undefined && (await files.size('oci-layout')) !== undefined;
  if (isLayout) {
    const name = reference && formatReference(reference);
    return layoutSource(files, place, undefined, annotations => annotations[containerdName] === name);
  }
  return savedSource(files, place, image);
}

function savedSource(files: Files, place: string, image: SavedImage): CopySource {
  const paths = new Map<string, string>();
  let reading: Promise<ContentManifest> | undefined;
  const readRoot = async () => {
    const config = await files.read(image.Config, manifestLimit);
    if (config === undefined) throw invalid(place, `it has no ${image.Config.slice(0, 100)}`);
    const layers: Content[] = [];
    const described = async (path: string, mediaType: string) => {
      const content = await measured(files, path, mediaType, place);
      paths.set(content.digest, path);
      return content;
    };
    for (const path of image.Layers ?? []) layers.push(await described(path, await layerType(files, path)));
    const manifest = {
      schemaVersion: 2,
      mediaType: imageTypes[1],
      config: await described(image.Config, 'application/vnd.docker.container.image.v1+json'),
      layers,
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    const digest = contentDigest('sha256', bytes);
    return { descriptor: { mediaType: manifest.mediaType ?? '', digest, size: bytes.byteLength }, bytes };
  };
  return {
    name: place,
    root: () => (reading ??= readRoot()),
    manifest: ({ digest }) => Promise.reject(invalid(place, `it has no manifest ${digest}`)),
    blob: ({ digest }, from) => files.stream(paths.get(digest) ?? '', from),
    lent: ({ digest }, from) => files.stream(paths.get(digest) ?? '', from, true),
    ...(files.close && { close: () => files.close?.() ?? Promise.resolve() }),
  };
}

async function measured(files: Files, path: string, mediaType: string, place: string): Promise<Content> {
  if ((await files.size(path)) === undefined) throw invalid(place, `it has no ${path.slice(0, 100)}`);
  const digester = new ContentDigester(contentDigest('sha256', Buffer.alloc(0)));
  for await (const chunk of files.stream(path, 0, true)) digester.update(chunk);
  return { mediaType, size: digester.size, digest: digester.digest() };
}

async function layerType(files: Files, path: string): Promise<string> {
  for await (const chunk of files.stream(path, 0)) {
    const isGzip = chunk[0] === 0x1f && chunk[1] === 0x8b;
    return `application/vnd.docker.image.rootfs.diff.tar${isGzip ? '.gzip' : ''}`;
  }
  return 'application/vnd.docker.image.rootfs.diff.tar';
}

async function savedImages(files: Files, place: string): Promise<SavedImage[]> {
  const bytes = await files.read('manifest.json', manifestLimit);
  if (bytes === undefined) throw invalid(place, 'it has no manifest.json');
  try {
    return imagesSchema().parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw invalid(place, 'its manifest.json is none', error);
  }
}

function namedImage(
  images: readonly SavedImage[],
  place: string,
  reference: Reference | undefined,
): SavedImage {
  const [only] = images;
  const name = reference && familiarReference(reference);
  const found =
    name === undefined
      ? images.length === 1
        ? only
        : undefined
      : images.find(({ RepoTags }) => RepoTags?.includes(name));
  if (found) return found;
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? []).join(', ');
  throw usageError(
    'DOCKER_ARCHIVE_NAME',
    `${place} has ${counted(images.length, 'image')}, called ${names || 'nothing'}`,
    { next: `Name one of these as ${place}:REFERENCE.` },
  );
}

function invalid(place: string, why: string, cause?: unknown) {
  return integrityError('DOCKER_ARCHIVE_INVALID', `${place} is not what docker save writes: ${why}`, {
    next: 'Write it anew with `docker save`.',
    ...(cause === undefined ? {} : { cause }),
  });
}
