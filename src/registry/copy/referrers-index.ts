import { ociIndexType } from '../manifest.ts';
import { contentDigest, type Content, type ContentManifest } from './content.ts';
import { readDocument } from './document.ts';
import type { CopyPlan, PlannedManifest } from './place.ts';
import { manifestsBelow } from './plan.ts';

/** Who refers to whom in a plan: for each subject the manifests that name it, as a list of referrers describes them. */
export function referrersBySubject(plan: CopyPlan): Map<Content['digest'], Content[]> {
  const found = new Map<Content['digest'], Content[]>();
  const tops = [plan.root, ...plan.attachments.map(({ manifest }) => manifest)];
  for (const manifest of tops.flatMap(top => [top, ...manifestsBelow(top)])) {
    const { subject } = manifest.document;
    if (subject === undefined) continue;
    const known = found.get(subject.digest) ?? [];
    const entry = referrerOf(manifest);
    found.set(subject.digest, [...known.filter(({ digest }) => digest !== entry.digest), entry]);
  }
  return found;
}

/** distribution-spec, "Pushing Manifests with Subject": what the list says of a manifest. */
function referrerOf({ descriptor, document }: PlannedManifest): Content {
  const { mediaType, digest, size } = descriptor;
  const { artifactType, annotations } = document;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

/** The list of referrers with these in it; nothing where it has them all. */
export function listWith(
  list: ContentManifest | undefined,
  referrers: readonly Content[],
): ContentManifest | undefined {
  const document = list && readDocument(list.bytes, list.descriptor.mediaType, 'the list of referrers');
  const listed = document?.kind === 'index' ? document.manifests : [];
  const missing = referrers.filter(({ digest }) => !listed.some(known => known.digest === digest));
  if (missing.length === 0) return undefined;
  const index = { schemaVersion: 2, mediaType: ociIndexType, manifests: [...listed, ...missing] };
  const bytes = Buffer.from(JSON.stringify(index));
  const descriptor = {
    mediaType: ociIndexType,
    digest: contentDigest('sha256', bytes),
    size: bytes.byteLength,
  };
  return { descriptor, bytes };
}
