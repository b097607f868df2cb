import { exitCodes, HoldfastError, type Digest } from '../core/index.ts';
import type { AsOfContext, Snapshots, UpstreamDocument } from './kind.ts';
import { newestOf, type VersionOrder } from './version-order.ts';

/** An input of a lock that is looked up. */
export interface LockedInput {
  /** As the lock names it: of images the reference, of files and repositories the URL. */
  readonly name: string;
  /** Of what has none, the digest or the commit. */
  readonly version: string;
  readonly architecture?: string | undefined;
  readonly url?: string | undefined;
  /** Of a commit: the branch or tag that it was found by. */
  readonly ref?: string | undefined;
  /** What the Dockerfile's own words allow. */
  readonly range?: string | undefined;
  /** What a server says of the file beside its bytes (RFC 9110, 8.8.3), a strong one. */
  readonly etag?: string | undefined;
}

/** When a version was first there, and who says so: none of them is its publisher. */
export interface Since {
  /** RFC 3339. */
  readonly at: string;
  /** A snapshot archive, the index's own record of uploads, or when Holdfast saw it first. */
  readonly clock: 'snapshot' | 'index' | 'first-seen';
}

export interface Release {
  readonly version: string;
  /** Of a distribution's package: what it is built from, where that has another name or version. */
  readonly source?: { readonly name: string; readonly version: string } | undefined;
  readonly since?: Since | undefined;
}

/** What upstream says of the locked version itself. */
export interface Remark {
  readonly is: 'yanked' | 'deprecated' | 'deleted' | 'expired';
  readonly text: string;
}

/**
 * What a look-up found. Every state but `ok` is a failure that is shown: an input that nobody can look up any more is
 * one that nobody moves.
 */
export type LookUp =
  | {
      readonly state: 'ok';
      readonly newest: Release;
      /** The newest that the Dockerfile's words and the ecosystem's convention let in without a thought. */
      readonly inRange: Release;
      readonly remarks: readonly Remark[];
    }
  | { readonly state: 'gone' | 'unreachable' | 'unsigned' | 'unknown'; readonly why: string };

export type FailedLookUp = Exclude<LookUp, { state: 'ok' }>;

export interface LatestContext {
  /** Asks each URL once, however many inputs are looked up by it. @throws HoldfastError (exit 5) */
  readonly fetch: AsOfContext['fetch'];
  /** Makes a value once in the whole run: indexes are read once for all locks. */
  readonly once: <Value>(key: string, make: () => Promise<Value>) => Promise<Value>;
  readonly now: Date;
  readonly snapshots?: Snapshots | undefined;
  /** URLs of the indexes that the lock's builds asked for. */
  readonly indexes: readonly string[];
  /** The lock's archives, each a suite. */
  readonly archives: readonly LockedArchive[];
  /** A directory with the files of the built image by which indexes are verified; nothing where the store lacks it. */
  readonly trust?: string | undefined;
  /** What an image's reference stands for now; nothing where it stands for nothing. @throws HoldfastError (exit 5) */
  readonly resolveImage: (reference: string) => Promise<Digest | undefined>;
}

export interface LockedArchive {
  readonly url: string;
  readonly suite: string;
  /** The locked index itself; nothing where the store lacks it. */
  readonly readIndex: () => Promise<Buffer | undefined>;
}

/** What an archive's own line is called where it is looked up: its version is its date. */
export function archiveName({ url, suite }: Pick<LockedArchive, 'url' | 'suite'>): string {
  return `${url} ${suite}`;
}

/** A version that an index lists. */
export interface Listed {
  readonly version: string;
  readonly since?: Since | undefined;
  /** Not to be taken any more, and why: clients pass over it unless it is named. */
  readonly yanked?: string | undefined;
  readonly deprecated?: string | undefined;
}

/**
 * The newest of the versions that an index lists, as its clients would choose.
 * @param preferred what the index itself calls its newest
 */
export function lookUpAmong(
  listed: readonly Listed[],
  input: LockedInput,
  order: VersionOrder,
  preferred?: string,
): LookUp {
  const { compare, isPrerelease = () => false, fits, isCompatible = () => true } = order;
  const byVersion = new Map(listed.map(one => [one.version, one]));
  const own = byVersion.get(input.version) ?? listed.find(one => compare(one.version, input.version) === 0);
  const remarks = remarksOn(own, listed.length > 0);
  const tested = isPrerelease(input.version);
  const taken = listed.filter(
    one =>
      one.yanked === undefined &&
      (tested || !isPrerelease(one.version)) &&
      compare(one.version, input.version) > 0,
  );
  const versions = taken.map(one => one.version);
  const allowed = versions.filter(version =>
    input.range === undefined
      ? isCompatible(input.version, version)
      : (fits?.(version, input.range) ?? isCompatible(input.version, version)),
  );
  const named = versions.find(version => version === preferred);
  const releaseOf = (version: string): Release => ({ version, since: byVersion.get(version)?.since });
  const locked: Release = { version: input.version, since: own?.since };
  const found = (version: string | undefined) => (version === undefined ? locked : releaseOf(version));
  const newest = found(named ?? newestOf(versions, order));
  const inRange = found(
    newestOf(
      allowed.filter(version => compare(version, newest.version) <= 0),
      order,
    ),
  );
  return { state: 'ok', newest, inRange, remarks };
}

function remarksOn(own: Listed | undefined, isListed: boolean): Remark[] {
  if (own === undefined)
    return isListed ? [{ is: 'deleted', text: 'the index does not list it any more' }] : [];
  const { yanked, deprecated } = own;
  return [
    ...(yanked === undefined ? [] : [{ is: 'yanked', text: yanked } as const]),
    ...(deprecated === undefined ? [] : [{ is: 'deprecated', text: deprecated } as const]),
  ];
}

/** One that has no versions to choose from: what it is now. */
export function lookUpOf(now: string): LookUp {
  return { state: 'ok', newest: { version: now }, inRange: { version: now }, remarks: [] };
}

/**
 * Looks each input up in the index that it is in. What inputs share is fetched and read once; where that fails, all of
 * them failed.
 */
export async function lookUpEach<Index>(
  inputs: readonly LockedInput[],
  { once }: Pick<LatestContext, 'once'>,
  placeOf: (input: LockedInput) => string | undefined,
  read: (place: string) => Promise<Index | FailedLookUp>,
  lookUp: (input: LockedInput, index: Index) => LookUp | Promise<LookUp>,
): Promise<LookUp[]> {
  return Promise.all(
    inputs.map(async (input): Promise<LookUp> => {
      const place = placeOf(input);
      if (place === undefined)
        return { state: 'unknown', why: 'the lock does not say from which index it came' };
      const index = await once(`index ${place}`, () => read(place).catch(failureOf));
      return isFailure(index) ? index : lookUp(input, index);
    }),
  );
}

function isFailure(value: unknown): value is FailedLookUp {
  return typeof value === 'object' && value !== null && 'state' in value && 'why' in value;
}

/** What a failure means for a look-up. Bugs stay what they are. */
export function failureOf(thrown: unknown): FailedLookUp {
  if (!(thrown instanceof HoldfastError)) throw thrown;
  const state = thrown.exit === exitCodes.integrity ? 'unsigned' : 'unreachable';
  return { state, why: `${thrown.message} (${thrown.code})` };
}

/** The failure that an answer is, whatever its body; nothing where it is the document. */
export function failureIn({ status }: UpstreamDocument, url: string): FailedLookUp | undefined {
  if (status === 200) return undefined;
  if (status === 404 || status === 410) return { state: 'gone', why: `${url} answered ${status}` };
  return { state: 'unreachable', why: `${url} answered ${status}` };
}

/** A document that is there, read; what cannot be read is not known. */
export async function readIndex<Index>(
  url: string,
  { fetch }: LatestContext,
  read: (body: Buffer) => Index | undefined,
  headers?: Readonly<Record<string, string>>,
): Promise<Index | FailedLookUp> {
  const document = await fetch(url, headers);
  const index = document.status === 200 ? read(document.body) : undefined;
  return (
    index ?? failureIn(document, url) ?? { state: 'unknown', why: `${url} gave no index that can be read` }
  );
}
