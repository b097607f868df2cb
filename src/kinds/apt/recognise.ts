/** What the exchanges of a build were, in apt's terms: an archive's index, or a package. */

import type { Digest } from '../../core/index.ts';
import { outcomeOf } from '../answers.ts';
import { ArchiveMap } from './archive-map.ts';
import { percentDecoded } from './archive-urls.ts';
import { readDeb } from './deb.ts';

/** The parts of a recorded exchange that matter here; lock/recording's Exchange fits. */
export interface RecordedExchange {
  readonly key: { readonly method: string; readonly url: string };
  readonly responses: readonly {
    readonly status: number;
    readonly body?: { readonly digest: Digest; readonly size: number } | undefined;
  }[];
}

export interface RecognisedIndex {
  readonly class: 'index';
  readonly kind: 'apt';
  /** The archive's base URL, with a final slash. */
  readonly archive: string;
  readonly suite: string;
  /** The path below the suite's directory: `InRelease`, `main/binary-amd64/Packages.xz`, …; by-hash is resolved. */
  readonly path: string;
  /** Whether this is the signed index itself: its digest and date stand for the suite in the lock. */
  readonly signed: boolean;
  /** The Date of the suite's Release in this recording. Whoever trusts it has verified the signature elsewhere. */
  readonly date: Date | undefined;
  /** Of the last answer; undefined where the archive answered that it has no such file. */
  readonly digest: Digest | undefined;
}

export interface RecognisedPackage {
  readonly class: 'artefact';
  readonly kind: 'apt';
  readonly archive: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /**
   * `index`: a Packages index in this recording lists this URL with this digest; `control`: the package says so itself;
   * `url`: read from the file name, which has no epoch.
   */
  readonly from: 'index' | 'control' | 'url';
}

/** Where a package is to be had, as snapshot archives answer: what lies there is recognised by itself. */
export interface RecognisedPointer {
  readonly class: 'pointer';
  readonly kind: 'apt';
}

export type Recognised = RecognisedIndex | RecognisedPackage | RecognisedPointer;

export type ReadBody = (digest: Digest) => Promise<Buffer>;

/**
 * Reads the indexes among the exchanges, and answers for each exchange what it was; undefined where it was nothing
 * of apt's. Give the exchanges of all steps: `apt-get update` and `install` often are two.
 * @throws what `readBody` throws. An index that cannot be read is no error: its packages are then read from their URLs.
 */
export async function aptRecogniser(
  exchanges: readonly RecordedExchange[],
  readBody: ReadBody,
): Promise<(exchange: RecordedExchange) => Recognised | undefined> {
  const archives = await ArchiveMap.read(exchanges, readBody);
  const controls = await unlistedControls(exchanges, archives, readBody);
  return exchange => {
    if (exchange.key.method !== 'GET' && exchange.key.method !== 'HEAD') return undefined;
    return (
      recognisePackage(exchange, archives, controls) ??
      recogniseIndex(exchange, archives) ??
      recognisePointer(exchange, archives)
    );
  };
}

type Named = Pick<RecognisedPackage, 'name' | 'version' | 'architecture'>;

/** A larger package is known by its file name. */
const largestRead = 64 * 1024 * 1024;

/**
 * What packages say of themselves that no index of this recording lists: an image may bring its indexes along, and then
 * apt asks for none.
 */
async function unlistedControls(
  exchanges: readonly RecordedExchange[],
  archives: ArchiveMap,
  readBody: ReadBody,
): Promise<ReadonlyMap<Digest, Named>> {
  const controls = new Map<Digest, Named>();
  for (const exchange of exchanges) {
    const body = lastBody(exchange);
    const { url } = exchange.key;
    if (body === undefined || body.size > largestRead || controls.has(body.digest)) continue;
    if (!isOfPool(url, archives) || archives.packageAt(url)?.digest === body.digest) continue;
    const named = await controlNamed(await readBody(body.digest), url);
    if (named !== undefined) controls.set(body.digest, named);
  }
  return controls;
}

async function controlNamed(bytes: Buffer, url: string): Promise<Named | undefined> {
  try {
    const { control } = await readDeb(bytes, url);
    const [name, version, architecture] = ['Package', 'Version', 'Architecture'].map(field =>
      control.get(field),
    );
    if (name === undefined || version === undefined || architecture === undefined) return undefined;
    return { name, version, architecture };
  } catch {
    // No package, whatever it is called: its name is all that is known of it.
    return undefined;
  }
}

/** A .deb from elsewhere than an archive's pool is a file like any other. */
function isOfPool(url: string, archives: ArchiveMap): boolean {
  const path = pathOf(url);
  return /\.u?deb$/.test(path) && (archives.archiveOf(url) !== undefined || path.includes('/pool/'));
}

function recognisePackage(
  exchange: RecordedExchange,
  archives: ArchiveMap,
  controls: ReadonlyMap<Digest, Named>,
): RecognisedPackage | undefined {
  const body = lastBody(exchange);
  const { url } = exchange.key;
  if (body === undefined || !/\.u?deb$/.test(pathOf(url))) return undefined;
  const archive = archives.archiveOf(url);
  const listed = archives.packageAt(url);
  const common = { class: 'artefact', kind: 'apt', archive, digest: body.digest, size: body.size } as const;
  if (listed?.digest === body.digest) {
    const { name, version, architecture } = listed;
    return { ...common, name, version, architecture, from: 'index' };
  }
  if (!isOfPool(url, archives)) return undefined;
  const control = controls.get(body.digest);
  if (control !== undefined) return { ...common, ...control, from: 'control' };
  const named = packageNamed(pathOf(url));
  return named === undefined ? undefined : { ...common, ...named, from: 'url' };
}

/** `name_version_architecture.deb`; the file name may hold the epoch's colon as `%3a`, and the URL encodes that once more. */
function packageNamed(path: string): Named | undefined {
  const file = percentDecoded(percentDecoded(path.slice(path.lastIndexOf('/') + 1)));
  const match = /^([a-z0-9][a-z0-9+.-]+)_([^_/]+)_([a-z0-9-]+)\.u?deb$/.exec(file);
  const [, name, version, architecture] = match ?? [];
  if (name === undefined || version === undefined || architecture === undefined) return undefined;
  return { name, version, architecture };
}

function recogniseIndex(exchange: RecordedExchange, archives: ArchiveMap): RecognisedIndex | undefined {
  const place = archives.indexAt(exchange.key.url);
  if (place === undefined) return undefined;
  const { archive, suite, path, date } = place;
  const signed = path === 'InRelease' || path === 'Release';
  const digest = lastBody(exchange)?.digest;
  return { class: 'index', kind: 'apt', archive, suite, path, signed, date, digest };
}

function recognisePointer(
  { key, responses }: RecordedExchange,
  archives: ArchiveMap,
): RecognisedPointer | undefined {
  if (outcomeOf({ responses }) !== 'pointer' || !isOfPool(key.url, archives)) return undefined;
  return { class: 'pointer', kind: 'apt' };
}

function lastBody(exchange: RecordedExchange): { digest: Digest; size: number } | undefined {
  return exchange.responses.findLast(response => response.status === 200)?.body;
}

function pathOf(url: string): string {
  return url.replace(/[?#].*$/s, '');
}
