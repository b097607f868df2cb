import { splitDigest, type Content, type ContentManifest } from './content.ts';
import { inParallelMap } from './parallel.ts';
import type { Attachment, CopySource, PlannedManifest } from './place.ts';
import { planned, type PlanSettings } from './plan.ts';
import { readDocument } from './document.ts';

/** Endings of the tags under which cosign keeps signatures, attestations and bills of materials of an image. */
const tagEndings = ['sig', 'att', 'sbom'];
/** Signatures of attestations of an image; deeper is nobody's practice. */
const deepest = 3;
const width = 8;

/** What a place is asked for at once about a manifest: referrers in two ways, and cosign's tags. */
export const attachmentRequests = 2 + tagEndings.length;

/** distribution-spec, "Referrers Tag Schema": the tag that lists an image's referrers where the API does not. */
export function referrersTag({ digest }: Pick<Content, 'digest'>): string {
  const { algorithm, hex } = splitDigest(digest);
  // A tag has at most 128 characters, an algorithm 32, its digits 64: distribution-spec.
  return `${algorithm}-${hex.slice(0, 64)}`;
}

/**
 * What refers to these manifests: referrers by the API or by the tag that stands for it, and what cosign keeps under
 * tags of its own; and what refers to that in turn.
 */
export async function attachmentsOf(
  manifests: readonly Content[],
  settings: PlanSettings,
  depth = 0,
): Promise<Attachment[]> {
  const unique = [...new Map(manifests.map(manifest => [manifest.digest, manifest])).values()];
  const found = (await inParallelMap(unique, width, one => attachedTo(one, settings))).flat();
  if (found.length === 0 || depth === deepest) return found;
  const above = await attachmentsOf(
    found.map(({ manifest }) => manifest.descriptor),
    settings,
    depth + 1,
  );
  return [...found, ...above];
}

async function attachedTo(subject: Content, settings: PlanSettings): Promise<Attachment[]> {
  const [referrers, tagged] = await Promise.all([
    referrersOf(subject, settings),
    inParallelMap(tagEndings, width, ending => underTag(`${referrersTag(subject)}.${ending}`, settings)),
  ]);
  return [...referrers, ...tagged.flat()];
}

async function referrersOf(subject: Content, settings: PlanSettings): Promise<Attachment[]> {
  const listed = await referrerList(subject, settings.source);
  return inParallelMap(listed, width, async descriptor => ({
    kind: 'referrer',
    subject,
    manifest: await checked(await settings.source.manifest(descriptor), settings),
  }));
}

/** What a place says refers to a manifest, whichever way it keeps that. */
export async function referrerList(subject: Content, source: CopySource): Promise<readonly Content[]> {
  const underTheirTag = () => source.tagged?.(referrersTag(subject));
  // Where it is not known which way a place has, both are asked for at once: over a distance one would wait for the other.
  const early = source.hasReferrers?.() === undefined ? underTheirTag() : undefined;
  const listing = source.referrers?.(subject.digest);
  await Promise.allSettled([listing, early]);
  const listed = await listing;
  if (listed !== undefined) return listed;
  const fallback = await (early ?? underTheirTag());
  if (fallback === undefined) return [];
  const document = documentOf(fallback, source);
  return document.kind === 'index' ? document.manifests : [];
}

async function underTag(tag: string, settings: PlanSettings): Promise<Attachment[]> {
  const manifest = await settings.source.tagged?.(tag);
  if (manifest === undefined) return [];
  return [{ kind: 'tag', tag, manifest: await checked(manifest, settings) }];
}

/** Read even where the target has it, since something may be attached to it in turn. */
async function checked(manifest: ContentManifest, settings: PlanSettings): Promise<PlannedManifest> {
  const plan = await planned(manifest, settings);
  const present = plan.document.kind === 'image' && (await settings.holds?.(plan.descriptor)) === true;
  return { ...plan, present };
}

function documentOf({ descriptor, bytes }: ContentManifest, { name }: CopySource) {
  return readDocument(bytes, descriptor.mediaType, `${name}: the list of referrers`);
}
