import { usageError } from '../../core/index.ts';
import { formatReference, tagOrDigest, withDefaultTag, type Reference } from '../reference.ts';
import type { Repository } from '../repository.ts';
import { inParallel } from '../transfer.ts';
import { referrersTag } from './attachments.ts';
import type { Content, ContentManifest } from './content.ts';
import { KnownBlobs } from './known-blobs.ts';
import type { CopyPlan, CopySource, CopyTarget, PlannedManifest, Supply } from './place.ts';
import { blobsOf, manifestsOf } from './plan.ts';
import { listWith, referrersBySubject } from './referrers-index.ts';

/** `docker://REFERENCE`, to copy from. */
export function registrySource(repository: Repository): CopySource {
  const reference = withDefaultTag(repository.name);
  const name = tagOrDigest(reference);
  return {
    name: `docker://${formatReference(reference)}`,
    repository: repository.name,
    describe: () => repository.head(name),
    root: () => repository.manifest(name),
    manifest: ({ digest }) => repository.manifest(digest),
    blob: (blob, from) => repository.blob(blob, from),
    lent: (blob, from) => repository.blob(blob, from, true),
    tagged: tag => repository.manifestIfThere(tag),
    referrers: subject => repository.referrers(subject),
    hasReferrers: () => repository.hasReferrersApi(),
    expect: requests => repository.expect(requests),
  };
}

/** `docker://REFERENCE`, to copy to. */
export function registryTarget(repository: Repository, known = new KnownBlobs()): CopyTarget {
  const reference = withDefaultTag(repository.name);
  let named: Content | undefined;
  return {
    name: `docker://${formatReference(reference)}`,
    keepsAttachments: true,
    async describe() {
      named = await repository.head(reference.tag ?? tagOrDigest(reference), true);
      return named;
    },
    // A registry takes a manifest only after all that it names.
    holds: async ({ digest }) =>
      named?.digest === digest || (await repository.head(digest, true))?.digest === digest,
    async write(plan, supply) {
      requireOwnDigest(plan.root.descriptor, reference);
      // The largest first: a long one that comes last would be waited for alone.
      const blobs = blobsOf(manifestsOf(plan)).toSorted((a, b) => b.size - a.size);
      await inParallel(blobs, supply.parallel, blob => sendOne(repository, blob, supply, known));
      const lists = await putManifests(repository, plan, reference.tag, supply.parallel);
      await listReferrers(repository, plan, lists);
    },
  };
}

async function sendOne(
  repository: Repository,
  blob: Content,
  supply: Supply,
  known: KnownBlobs,
): Promise<void> {
  const { domain } = repository.name;
  const elsewhere = supply.repository?.domain === domain ? supply.repository : undefined;
  const outcome = await known.sent(repository.name, blob.digest, there => {
    const reader = supply.open(blob);
    return repository.send({ blob, mountFrom: elsewhere ?? there, read: offset => reader.read(offset) });
  });
  supply.done(blob, outcome === 'uploaded' ? 'copied' : outcome);
}

/** @returns subjects whose referrers the registry lists itself */
async function putManifests(
  repository: Repository,
  plan: CopyPlan,
  tag: string | undefined,
  parallel: number,
): Promise<ReadonlySet<string>> {
  const lists = new Set<string>();
  const put = async (manifest: PlannedManifest, name: string = manifest.descriptor.digest) => {
    const { listsReferrers } = await repository.putManifest(name, manifest);
    const { subject } = manifest.document;
    if (listsReferrers && subject) lists.add(subject.digest);
  };
  const tagged = plan.attachments.flatMap(one => (one.kind === 'tag' ? [one] : []));
  const named = new Set<PlannedManifest>([plan.root, ...tagged.map(({ manifest }) => manifest)]);
  const below = manifestsOf(plan).filter(manifest => !named.has(manifest));
  const images = below.filter(({ document }) => document.kind === 'image');
  await inParallel(images, parallel, manifest => put(manifest));
  // An index comes after whatever it names.
  for (const manifest of below) if (manifest.document.kind === 'index') await put(manifest);
  if (!plan.root.present) await put(plan.root, tag);
  for (const { tag: name, manifest } of tagged) {
    if ((await repository.head(name, true))?.digest !== manifest.descriptor.digest) await put(manifest, name);
  }
  return lists;
}

/** distribution-spec, "Referrers Tag Schema": where a registry does not list referrers, its clients do. */
async function listReferrers(
  repository: Repository,
  plan: CopyPlan,
  listed: ReadonlySet<string>,
): Promise<void> {
  for (const [subject, referrers] of referrersBySubject(plan)) {
    if (listed.has(subject) || (await repository.referrers(subject)) !== undefined) continue;
    const tag = referrersTag({ digest: subject });
    const list: ContentManifest | undefined = listWith(await repository.manifestIfThere(tag), referrers);
    if (list !== undefined) await repository.putManifest(tag, list);
  }
}

function requireOwnDigest(image: Content, reference: Reference): void {
  if (reference.digest === undefined || reference.digest === image.digest) return;
  throw usageError(
    'REFERENCE_INVALID',
    `the image is ${image.digest}, it cannot be copied to ${reference.digest}`,
    { next: 'Copy it to a tag, or name its own digest.' },
  );
}
