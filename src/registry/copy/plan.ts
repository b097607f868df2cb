import { integrityError } from '../../core/index.ts';
import { imageTypes } from '../manifest.ts';
import { shortContent, splitDigest, type Content, type ContentManifest } from './content.ts';
import { isForeign, readDocument } from './document.ts';
import { inParallelMap } from './parallel.ts';
import type { CopyPlan, CopySource, CopyTarget, PlannedManifest } from './place.ts';

/** Indexes in indexes go no deeper in practice. */
const deepest = 4;
/** Manifests asked for at once. */
const width = 8;

export interface PlanSettings {
  readonly source: CopySource;
  /** Where what is there already need not be read again. */
  readonly holds?: CopyTarget['holds'] | undefined;
  /** Of an index the index alone, as skopeo's `--multi-arch index-only`. */
  readonly indexOnly?: boolean | undefined;
}

/**
 * A manifest with all manifests below it.
 * @throws HoldfastError REGISTRY_NOT_A_MANIFEST, and what the source throws
 */
export async function planned(
  manifest: ContentManifest,
  settings: PlanSettings,
  depth = 0,
): Promise<PlannedManifest> {
  const { descriptor, bytes } = manifest;
  const where = `${settings.source.name}: manifest ${shortContent(descriptor.digest)}`;
  const document = readDocument(bytes, descriptor.mediaType, where);
  if (document.kind === 'image' || settings.indexOnly)
    return { descriptor, bytes, document, present: false, children: [] };
  if (depth === deepest) {
    throw integrityError('IMAGE_INCOMPLETE', `${where} is an index of indexes without an end`, {
      next: 'Name the image of one platform instead of the index.',
    });
  }
  const children = await inParallelMap(document.manifests, width, entry =>
    plannedEntry(entry, settings, depth + 1),
  );
  return { descriptor, bytes, document, present: false, children };
}

async function plannedEntry(entry: Content, settings: PlanSettings, depth: number): Promise<PlannedManifest> {
  if (imageTypes.includes(entry.mediaType) && (await settings.holds?.(entry))) return heldManifest(entry);
  return planned(await settings.source.manifest(entry), settings, depth);
}

/** One that the target has: it need not be read. */
export function heldManifest(descriptor: Content): PlannedManifest {
  const document = { kind: 'index', manifests: [] } as const;
  return { descriptor, bytes: Buffer.alloc(0), document, present: true, children: [] };
}

/** All manifests of a tree that are to be written, those below before those above. */
export function manifestsBelow(root: PlannedManifest): PlannedManifest[] {
  const found = new Map<string, PlannedManifest>();
  const visit = (node: PlannedManifest) => {
    if (node.present || found.has(node.descriptor.digest)) return;
    node.children.forEach(visit);
    found.set(node.descriptor.digest, node);
  };
  visit(root);
  return [...found.values()];
}

/** Every manifest of the plan in an order in which a registry takes them: what is named comes before what names it. */
export function manifestsOf({ root, attachments }: CopyPlan): PlannedManifest[] {
  const all = [root, ...attachments.map(({ manifest }) => manifest)].flatMap(manifestsBelow);
  return [...new Map(all.map(node => [node.descriptor.digest, node])).values()];
}

/** Configurations and layers of these, each once; without layers that stay where they are. */
export function blobsOf(manifests: readonly PlannedManifest[]): Content[] {
  const found = new Map<string, Content>();
  for (const { document } of manifests) {
    if (document.kind === 'index') continue;
    for (const blob of [...document.layers, document.config]) {
      const known = found.get(blob.digest);
      if (known && known.size !== blob.size) throw twoSizes(blob);
      if (!isForeign(blob)) found.set(blob.digest, blob);
    }
  }
  return [...found.values()];
}

function twoSizes({ digest }: Content) {
  return integrityError('REGISTRY_DIGEST_MISMATCH', `the blob ${digest} is named with two sizes`, {
    next: 'Use another image, or have its publisher push it again.',
  });
}

/** Where layouts keep a blob. */
export function layoutPath({ digest }: Content): string {
  const { algorithm, hex } = splitDigest(digest);
  return `blobs/${algorithm}/${hex}`;
}
