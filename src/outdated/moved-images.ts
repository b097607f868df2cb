import { advisoriesOn, isOpen, type Judge, type Subject } from '../advisories/index.ts';
import { HoldfastError, isDigest, type Digest } from '../core/index.ts';
import { parseManifest } from '../image/index.ts';
import type { LookUp } from '../kinds/index.ts';
import type { Store } from '../store/index.ts';
import { imageFilesIfSound } from './image-files.ts';
import { installedIn, type InventoryItem } from './inventory.ts';
import { movesTo } from './judge-item.ts';

/** A locked image whose name stands for another one now. */
export interface MovedImage {
  readonly name: string;
  /** Whether a package of a finished image may have come with it. */
  readonly brought: (subject: Subject) => boolean;
  /** What it has now in a package's place; nothing where it has no such package any more. */
  readonly now: (subject: Subject) => Subject | undefined;
}

export interface MovedImages {
  readonly images: readonly MovedImage[];
  /** Those that could not be fetched. */
  readonly failed: ReadonlyMap<InventoryItem, LookUp>;
}

export interface ImageEffects {
  readonly store: Store;
  readonly cache: string;
  readonly onNote: (text: string) => void;
  /** Puts the image of a name and digest into the store. @returns its manifest. @throws HoldfastError */
  readonly bringImage: (reference: string, digest: Digest) => Promise<Digest>;
}

/**
 * The packages of base images as they are now. An image that the store lacks is fetched where it may close a flaw: the
 * digest alone does not say what is in it, and an update that did not know would leave the hole open.
 */
export async function movedImages(
  items: readonly InventoryItem[],
  found: ReadonlyMap<InventoryItem, LookUp>,
  judge: Judge,
  { store, cache, onNote, bringImage }: ImageEffects,
): Promise<MovedImages> {
  const images: MovedImage[] = [];
  const failed = new Map<InventoryItem, LookUp>();
  for (const item of items) {
    const { kind, from, input } = item;
    const lookUp = found.get(item);
    if (kind !== 'image' || from === 'frontend' || lookUp?.state !== 'ok' || !movesTo(item, lookUp)) continue;
    const had = await subjectsOf(await manifestOf(input.version, store));
    const brought = broughtBy(had);
    const { version } = lookUp.newest;
    const isWanted = () => items.some(one => one.from === 'base' && isFixable(one, brought, judge));
    try {
      let has = await subjectsOf(await manifestOf(version, store));
      if (has === undefined && isDigest(version) && isWanted()) {
        onNote(`${input.name} is fetched as it is now, to see which advisories it closes`);
        has = await subjectsOf(await bringImage(input.name, version));
      }
      if (has === undefined) continue;
      const now = new Map(has.map(one => [subjectKey(one), one]));
      images.push({ name: input.name, brought, now: subject => now.get(subjectKey(subject)) });
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      failed.set(item, { state: 'unreachable', why: `it moved, and cannot be fetched: ${error.message}` });
    }
  }
  return { images, failed };

  async function subjectsOf(manifest: Digest | undefined): Promise<readonly Subject[] | undefined> {
    const files = await imageFilesIfSound(manifest, store, cache);
    return files && installedIn(files).subjects;
  }
}

/** An image that the store lacks may have brought anything. */
function broughtBy(had: readonly Subject[] | undefined): MovedImage['brought'] {
  if (had === undefined) return () => true;
  const versions = new Set(had.map(one => `${subjectKey(one)} ${one.version}`));
  return subject => versions.has(`${subjectKey(subject)} ${subject.version}`);
}

function isFixable({ subject }: InventoryItem, brought: MovedImage['brought'], judge: Judge): boolean {
  if (subject === undefined || !brought(subject)) return false;
  return advisoriesOn(subject, judge).some(one => isOpen(one) && one.fixedIn !== undefined);
}

const subjectKey = ({ kind, name }: Subject) => `${kind} ${name}`;

/** Of an index, the first image that the store has. */
async function manifestOf(digest: string, store: Store): Promise<Digest | undefined> {
  if (!isDigest(digest) || !(await store.has(digest))) return undefined;
  const document = parseManifest(await store.readBytes(digest));
  if (document.kind === 'manifest') return digest;
  for (const { digest: one } of document.index.manifests) if (await store.has(one)) return one;
  return undefined;
}
