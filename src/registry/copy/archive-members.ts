import { canonicalJson, usageError } from '../../core/index.ts';
import { isImageConfigType, ociIndexType } from '../manifest.ts';
import { platformsOf } from '../platforms.ts';
import { familiarReference, type Reference } from '../reference.ts';
import { annotationsOf, namesOf } from '../transports/layout-names.ts';
import { referrersTag } from './attachments.ts';
import { splitDigest, type Content, type ContentManifest } from './content.ts';
import type { CopyDocument } from './document.ts';
import type { CopyPlan, PlannedManifest } from './place.ts';
import { blobsOf, layoutPath, manifestsOf } from './plan.ts';
import { listWith, referrersBySubject } from './referrers-index.ts';

/** A file of an archive: its bytes, or the blob that they are. */
export interface ArchiveMember {
  readonly name: string;
  readonly size: number;
  readonly content: Uint8Array | Content;
}

/** The members of an OCI image layout (image-spec, image-layout.md) in a tar, sorted by name. */
export function layoutArchive(plan: CopyPlan, tag: string): ArchiveMember[] {
  const lists = [...referrersBySubject(plan)].flatMap(([digest, referrers]) => {
    const list = listWith(undefined, referrers);
    return list ? [{ tag: referrersTag({ digest }), manifest: list }] : [];
  });
  const tagged = plan.attachments.flatMap(one => (one.kind === 'tag' ? [one] : []));
  const named = [{ tag, manifest: plan.root }, ...tagged, ...lists].map(({ tag: name, manifest }) =>
    entryOf(manifest, annotationsOf({ tag: name })),
  );
  return members(
    plan,
    named,
    [],
    lists.map(({ manifest }) => manifest),
  );
}

/**
 * The members of what `docker load` reads: as `docker save` writes it since version 25, an OCI layout with a
 * `manifest.json` beside it, so that the image keeps its digest where the reader can keep it.
 * @throws HoldfastError ARCHIVE_ONE_PLATFORM, ARCHIVE_NOT_AN_IMAGE (exit 2)
 */
export function dockerArchive(
  plan: CopyPlan,
  reference: Reference | undefined,
  holder: ArchiveHolder = { name: 'a docker-archive', otherwise: ', or write an oci-archive' },
): ArchiveMember[] {
  const { config, layers } = runnable(plan.root, holder);
  const manifest = [
    {
      Config: layoutPath(config),
      RepoTags: reference ? [familiarReference(reference)] : null,
      Layers: layers.map(layoutPath),
    },
  ];
  const names = reference ? namesOf([reference]) : [{}];
  const named = names.map(name => entryOf(plan.root, annotationsOf(name)));
  return members(plan, named, [bytesMember('manifest.json', canonicalJson(manifest))], []);
}

/** What such an archive is for, in messages, and what to do for an image that it cannot hold. */
interface ArchiveHolder {
  readonly name: string;
  readonly otherwise: string;
}

function entryOf({ descriptor }: ContentManifest, annotations: Readonly<Record<string, string>>) {
  const { mediaType, digest, size } = descriptor;
  return { mediaType, digest, size, annotations };
}

function members(
  plan: CopyPlan,
  entries: readonly ReturnType<typeof entryOf>[],
  more: readonly ArchiveMember[],
  lists: readonly ContentManifest[],
): ArchiveMember[] {
  const manifests = manifestsOf(plan);
  const blobs = blobsOf(manifests);
  const stored = [...manifests, ...lists].map(({ descriptor, bytes }) => ({
    name: layoutPath(descriptor),
    size: bytes.byteLength,
    content: bytes,
  }));
  const index = { schemaVersion: 2, mediaType: ociIndexType, manifests: entries };
  const digests = [...blobs, ...manifests.map(({ descriptor }) => descriptor)].map(({ digest }) => digest);
  const algorithms = new Set(['sha256', ...digests.map(digest => splitDigest(digest).algorithm)]);
  const directories = ['blobs/', ...[...algorithms].map(algorithm => `blobs/${algorithm}/`)];
  const all = [
    ...directories.map(name => bytesMember(name, '')),
    ...blobs.map(blob => ({ name: layoutPath(blob), size: blob.size, content: blob })),
    ...stored,
    bytesMember('index.json', canonicalJson(index)),
    bytesMember('oci-layout', canonicalJson({ imageLayoutVersion: '1.0.0' })),
    ...more,
  ];
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function bytesMember(name: string, text: string): ArchiveMember {
  const content = Buffer.from(text);
  return { name, size: content.byteLength, content };
}

/** The one image that can run; an index may hold attestations beside it. */
function runnable(manifest: PlannedManifest, holder: ArchiveHolder): CopyDocument & { kind: 'image' } {
  const { document, children } = manifest;
  if (document.kind === 'image') {
    if (isImageConfigType(document.config.mediaType)) return document;
    throw usageError('ARCHIVE_NOT_AN_IMAGE', `${holder.name} holds container images, no other artifacts`, {
      next: 'Copy it to a registry, an OCI layout or an oci-archive.',
    });
  }
  const able = children.filter((_, n) => document.manifests[n]?.platform?.os !== 'unknown');
  const [image] = able;
  if (image && able.length === 1) return runnable(image, holder);
  throw usageError(
    'ARCHIVE_ONE_PLATFORM',
    `${holder.name} holds one platform, the image has ${platformsOf(document.manifests).join(', ')}`,
    { next: `Choose one with --platform${holder.otherwise}.` },
  );
}
