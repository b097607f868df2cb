import { finished } from 'node:stream/promises';
import { HoldfastError, type Digest } from '../core/index.ts';
import type { ExchangeKey, RecordedResponse } from '../kinds/index.ts';
import { inParallel } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import { rootsOf, type Root } from './roots.ts';

/** A blob that is not what it should be, or not there although a lock needs it. */
export interface BadBlob {
  readonly digest: Digest;
  readonly problem: 'corrupt' | 'missing';
  /** Bytes; nothing where that is not known. */
  readonly size?: number | undefined;
  /** What it is, where a lock or a name tells. */
  readonly what?: string | undefined;
  /** The locks and images that need it. */
  readonly neededBy: readonly string[];
  /** Where the right bytes were found again. */
  readonly repairedFrom?: string | undefined;
  /** It was taken out, since nobody has the right bytes and builds do without: they make it again. */
  readonly removed?: true;
}

export interface StoreVerification {
  /** Blobs and bytes that were read. */
  readonly blobs: number;
  readonly bytes: number;
  readonly bad: readonly BadBlob[];
}

/** What upstream once answered, and the date of the lock that it is in. */
export interface RecordedAnswer {
  readonly key: ExchangeKey;
  readonly response: RecordedResponse;
  readonly asOf: Date;
}

/** Where the bytes of a blob came from, as far as locks tell. */
export interface BlobOrigins {
  /** The reference of the image that it belongs to. */
  readonly image?: string | undefined;
  readonly answer?: RecordedAnswer | undefined;
}

/** Brings the right bytes of a blob into the store. @returns the place that had them; nothing where none has */
export type Repair = (blob: BadBlob, origins: BlobOrigins) => Promise<string | undefined>;

/**
 * Hashes everything again, and looks for what locks need and the store lacks. Moves nothing away but, with `repair`, what
 * rotted, what nobody has and no build needs.
 */
export async function verifyStore(
  store: Store,
  options: { readonly since: number; readonly repair?: Repair | undefined },
): Promise<StoreVerification> {
  let { roots } = await rootsOf(store, options);
  const blobs = await store.list();
  const corrupt: Digest[] = [];
  let bytes = 0;
  await inParallel(blobs, 2, async ({ digest, size }) => {
    bytes += size;
    if (!(await isSound(digest, store))) corrupt.push(digest);
  });
  let bad: BadBlob[] = [
    ...corrupt.map(digest => ({ digest, problem: 'corrupt' as const, ...nameOf(digest, roots) })),
    ...(await missingOf(roots, store)),
  ];
  const found = new Map<Digest, BadBlob>();
  // What was repaired may name further blobs.
  while (bad.length > 0) {
    for (const blob of bad.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))) {
      const repairedFrom = await options.repair?.(blob, originsOf(blob.digest, roots));
      const removed =
        options.repair !== undefined &&
        repairedFrom === undefined &&
        blob.problem === 'corrupt' &&
        canDoWithout(blob.digest, roots) &&
        (await store.removeUnused(blob.digest, Infinity));
      found.set(blob.digest, {
        ...blob,
        ...(repairedFrom !== undefined && { repairedFrom }),
        ...(removed && { removed }),
      });
    }
    ({ roots } = await rootsOf(store, options));
    bad = (await missingOf(roots, store)).filter(({ digest }) => !found.has(digest));
  }
  return { blobs: blobs.length, bytes, bad: [...found.values()] };
}

/** What a lock's build made itself, or nothing names: while it lies there rotten, builds that find it fail. */
function canDoWithout(digest: Digest, roots: readonly Root[]): boolean {
  const holders = roots.filter(({ blobs }) => blobs.has(digest));
  const locks = holders.filter(({ kind }) => kind === 'lock');
  // Whatever else has a name in the store was made once, and is not made again by itself.
  if (locks.length === 0) return holders.length === 0;
  return locks.every(({ blobs }) => {
    const { optional, image } = blobs.get(digest) ?? {};
    return optional === true && image === undefined;
  });
}

function originsOf(digest: Digest, roots: readonly Root[]): BlobOrigins {
  const image = roots.flatMap(({ blobs }) => blobs.get(digest)?.image ?? [])[0];
  const answer = roots
    .flatMap(({ recordings }) => recordings)
    .flatMap(({ asOf, steps }) =>
      steps.flatMap(({ exchanges }) =>
        exchanges.flatMap(({ key, responses }) =>
          responses.map(response => ({ key, response, asOf: new Date(asOf) })),
        ),
      ),
    )
    .find(({ response }) => response.body?.digest === digest);
  return { image, answer };
}

/** An image's name promises nothing: what was pulled for one platform lacks the others. A current lock does. */
async function missingOf(roots: readonly Root[], store: Store): Promise<BadBlob[]> {
  const needed = new Map(
    roots
      .filter(({ kind, reason }) => kind === 'lock' && reason === 'current')
      .flatMap(({ blobs }) => [...blobs]),
  );
  const there = new Set((await store.list()).map(({ digest }) => digest));
  return [...needed.values()]
    .filter(({ digest, optional }) => !there.has(digest) && optional !== true)
    .map(({ digest }) => ({ digest, problem: 'missing', ...nameOf(digest, roots) }));
}

function nameOf(digest: Digest, roots: readonly Root[]): Pick<BadBlob, 'what' | 'size' | 'neededBy'> {
  const holders = roots.filter(({ blobs }) => blobs.has(digest));
  const { what, size } = holders[0]?.blobs.get(digest) ?? {};
  return {
    ...(what !== undefined && { what }),
    ...(size !== undefined && { size }),
    neededBy: holders.map(({ name }) => name),
  };
}

async function isSound(digest: Digest, store: Store): Promise<boolean> {
  try {
    await finished(store.read(digest).resume());
    return true;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return error.code === 'STORE_BLOB_MISSING'; // Collected meanwhile.
  }
}
