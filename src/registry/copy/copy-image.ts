import { counted } from '../../core/index.ts';
import { imageTypes } from '../manifest.ts';
import { attachmentRequests, attachmentsOf } from './attachments.ts';
import { BlobReader } from './blob-reader.ts';
import type { Content, ContentDigest } from './content.ts';
import { converted, type ManifestFormat } from './convert.ts';
import type { Attachment, CopyOutcome, CopySource, CopyTarget, PlannedManifest, Supply } from './place.ts';
import { heldManifest, manifestsBelow, planned } from './plan.ts';
import { selectedRoot, type Selection } from './selection.ts';

export type CopyEvent =
  /** How far a blob has got; at first with 0 bytes. */
  | { readonly type: 'blob'; readonly blob: Content; readonly transferred: number }
  | { readonly type: 'blob-done'; readonly blob: Content; readonly outcome: CopyOutcome }
  | { readonly type: 'note'; readonly text: string };

export interface CopyOptions {
  readonly selection: Selection;
  /** Manifests of another format, which have other digests; without it every digest is kept. */
  readonly format?: ManifestFormat | undefined;
  /** Referrers and signatures, too. */
  readonly attachments: boolean;
  /** Blobs under way at once. */
  readonly parallel?: number | undefined;
  readonly onEvent?: ((event: CopyEvent) => void) | undefined;
}

/** What a copy did. */
export interface CopyReport {
  readonly mediaType: string;
  readonly digest: ContentDigest;
  /** The digest at the source, where it is another one: a new format, or a part of an index. */
  readonly sourceDigest?: ContentDigest | undefined;
  /** How many manifests were written. */
  readonly manifests: number;
  readonly blobs: Readonly<Record<CopyOutcome, number>>;
  /** Bytes of blobs that were written. */
  readonly bytes: number;
  /** Referrers and signatures. */
  readonly attachments: number;
}

/** As skopeo's. */
const parallelBlobs = 6;

/**
 * Copies an image, an index or an artifact, every byte verified on the way and none changed: blobs first, then
 * manifests, the name last. What the target has already does not travel.
 * @throws HoldfastError COPY_FORMAT, COPY_DIGEST_NOT_KEPT, ARCHIVE_ONE_PLATFORM (exit 2), REGISTRY_NOT_A_MANIFEST,
 *   REGISTRY_NO_PLATFORM (exit 5), REGISTRY_DIGEST_MISMATCH (exit 4), and what source and target throw
 */
export async function copyImage(
  source: CopySource,
  target: CopyTarget,
  options: CopyOptions,
): Promise<CopyReport> {
  const { selection, format, parallel = parallelBlobs, onEvent = () => {} } = options;
  const holds = format === undefined ? target.holds?.bind(target) : undefined;
  const settings = { source, holds, indexOnly: selection.kind === 'index-only' };
  if (options.attachments) source.expect?.(attachmentRequests);
  const original = await rootOf(source, target, options, settings);
  const root = format === undefined ? original : converted(original, format);
  const found = options.attachments ? await attachmentsOf(subjects(original), settings) : [];
  const attachments = kept(found, target, format, onEvent);
  const blobs = { present: 0, mounted: 0, copied: 0 };
  let bytes = 0;
  const supply: Supply = {
    repository: source.repository,
    parallel,
    open: blob => new BlobReader(blob, source.name, from => watched(source, blob, from, onEvent)),
    done(blob, outcome) {
      blobs[outcome]++;
      if (outcome === 'copied') bytes += blob.size;
      onEvent({ type: 'blob-done', blob, outcome });
    },
    note: text => onEvent({ type: 'note', text }),
  };
  await target.write({ root, attachments }, supply);
  const { mediaType, digest } = root.descriptor;
  return {
    mediaType,
    digest,
    ...(digest !== original.descriptor.digest && { sourceDigest: original.descriptor.digest }),
    manifests: manifestsBelow(root).length,
    blobs,
    bytes,
    attachments: attachments.length,
  };
}

/** The manifests to copy; where the target has just this already, that is found out by asking both for a digest. */
async function rootOf(
  source: CopySource,
  target: CopyTarget,
  { selection, format }: CopyOptions,
  settings: Parameters<typeof planned>[1],
): Promise<PlannedManifest> {
  if (selection.kind === 'all' && format === undefined) {
    const [wanted, there] = await Promise.all([source.describe?.(), target.describe?.()]);
    if (wanted !== undefined && wanted.digest === there?.digest) {
      if (imageTypes.includes(wanted.mediaType) && (await target.holds?.(wanted)))
        return heldManifest(wanted);
      const index = await planned(await selectedRoot(source, selection), settings);
      return { ...index, present: index.children.every(({ present }) => present) };
    }
  }
  return planned(await selectedRoot(source, selection), settings);
}

/** What something may be attached to: the image, and every image of the index. */
function subjects(root: PlannedManifest): Content[] {
  const named = root.children.map(child => child.descriptor);
  return [root.descriptor, ...named, ...root.children.flatMap(subjects)];
}

/** Signatures sign a digest: where the place or the new format has no use for them, that is said. */
function kept(
  found: readonly Attachment[],
  target: CopyTarget,
  format: ManifestFormat | undefined,
  onEvent: (event: CopyEvent) => void,
): readonly Attachment[] {
  if (found.length === 0 || (target.keepsAttachments && format === undefined)) return found;
  const why = format === undefined ? `${target.name} cannot hold them` : 'they are about another digest';
  onEvent({
    type: 'note',
    text: `left behind: ${counted(found.length, 'signature or referrer', 'signatures or referrers')}; ${why}`,
  });
  return [];
}

async function* watched(
  source: CopySource,
  blob: Content,
  from: number,
  onEvent: (event: CopyEvent) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let transferred = from;
  onEvent({ type: 'blob', blob, transferred });
  for await (const chunk of source.lent?.(blob, from) ?? source.blob(blob, from)) {
    transferred += chunk.byteLength;
    onEvent({ type: 'blob', blob, transferred });
    yield chunk;
  }
}
