/** An apt archive's suite, from its signed Release down to the packages: Debian repository format. */

import { integrityError, sha256, upstreamError, type Digest } from '../../core/index.ts';
import { compressionOf } from './decompress.ts';
import { fetchListed, fetchUnlisted, plainIndex, type Fetch } from './fetch.ts';
import type { Keyring } from './keyring.ts';
import { packageFile, parsePackages, type PackageFile, type PackageRecord } from './packages.ts';
import { parseRelease, type Release } from './release.ts';
import { checkReleaseTime, verifyDetached, verifyInRelease } from './signature.ts';

export interface SuiteSource {
  /** The archive's base URI, with or without a final slash. */
  readonly uri: string;
  /** `bookworm`, `bookworm-security`; a path with a final slash for an archive without components ("flat"). */
  readonly suite: string;
  readonly keyring: Keyring;
}

export interface ArchiveEffects {
  readonly fetch: Fetch;
  readonly now: Date;
  /** The digest that the lock holds for this suite's signed index: it must be that one, and may then be old. */
  readonly locked?: Digest | undefined;
}

/** A file as it was taken from the archive. */
export interface TakenFile {
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
}

export interface VerifiedRelease {
  /** Base URI, with a final slash. */
  readonly uri: string;
  readonly suite: string;
  readonly release: Release;
  /** InRelease, or Release where the archive has no InRelease. */
  readonly index: TakenFile;
  /** Fingerprint of the key that signed. */
  readonly signer: string;
}

export interface SuitePackages extends VerifiedRelease {
  readonly components: readonly string[];
  readonly architecture: string;
  /** The index files that were taken, InRelease first. */
  readonly taken: readonly TakenFile[];
  readonly packages: readonly PackageRecord[];
}

/**
 * The Release of a suite, its signature and dates checked.
 * @throws HoldfastError APT_RELEASE_MISSING (exit 5); APT_SUITE_MISMATCH, APT_LOCKED_MISMATCH (exit 4); as
 *   verifyInRelease, checkReleaseTime and parseRelease; and whatever `fetch` throws.
 */
export async function openRelease(source: SuiteSource, effects: ArchiveEffects): Promise<VerifiedRelease> {
  const { fetch, now, locked } = effects;
  const uri = source.uri.endsWith('/') ? source.uri : `${source.uri}/`;
  const directory = releaseDirectory(uri, source.suite);
  const { bytes, url, signature } = await fetchRelease(fetch, directory);
  const index = { url, size: bytes.byteLength, digest: sha256(bytes) };
  if (locked !== undefined && locked !== index.digest) {
    throw integrityError('APT_LOCKED_MISMATCH', `${url} is ${index.digest}, the lock holds ${locked}`, {
      next: 'Take the index from the store or a snapshot archive, or update the lock.',
    });
  }
  const options = { keyring: source.keyring, now, locked: locked !== undefined, origin: url };
  const verified =
    signature === undefined
      ? await verifyInRelease(bytes, options)
      : await verifyDetached(bytes, signature, options);
  const release = parseRelease(verified.text, url);
  checkReleaseTime(release, options);
  checkSuite(release, source.suite, url);
  return { uri, suite: source.suite, release, index, signer: verified.signer };
}

/**
 * The packages of a suite's components for an architecture, those for `all` included.
 * @throws HoldfastError APT_COMPONENT_MISSING, APT_ARCHITECTURE_MISSING, APT_INDEX_MISSING (exit 5); as fetchListed,
 *   plainIndex and parsePackages; and whatever `fetch` throws.
 */
export async function openPackages(
  opened: VerifiedRelease,
  components: readonly string[],
  architecture: string,
  fetch: Fetch,
): Promise<SuitePackages> {
  const taken: TakenFile[] = [opened.index];
  const packages: PackageRecord[] = [];
  for (const path of indexPaths(opened, components, architecture)) {
    const { bytes, file } = await fetchIndex(opened, path, fetch);
    taken.push(file);
    for (const record of parsePackages(bytes, file.url)) packages.push(record);
  }
  return { ...opened, components, architecture, taken, packages };
}

/** Where a package's file is and what it must be, with its whole URL. @throws as packageFile */
export function packageUrl(
  archive: VerifiedRelease,
  record: PackageRecord,
): PackageFile & { readonly url: string } {
  const file = packageFile(record);
  return { ...file, url: archive.uri + escapePath(file.path) };
}

function releaseDirectory(uri: string, suite: string): string {
  if (!suite.endsWith('/')) return `${uri}dists/${suite}/`;
  const path = suite.replace(/^(\.?\/)+/, '');
  return uri + path;
}

async function fetchRelease(
  fetch: Fetch,
  directory: string,
): Promise<{ bytes: Buffer; url: string; signature?: Buffer }> {
  const inRelease = await fetchUnlisted(fetch, `${directory}InRelease`);
  if (inRelease !== undefined) return { bytes: inRelease, url: `${directory}InRelease` };
  const release = await fetchUnlisted(fetch, `${directory}Release`);
  const signature = release && (await fetchUnlisted(fetch, `${directory}Release.gpg`));
  if (release !== undefined && signature !== undefined)
    return { bytes: release, url: `${directory}Release`, signature };
  throw upstreamError('APT_RELEASE_MISSING', `there is no signed Release in ${directory}`, {
    next: 'Check the archive’s address and the suite’s name.',
  });
}

/** A mirror may not answer for one suite with another, though that one is signed as well. */
function checkSuite(release: Release, suite: string, url: string): void {
  const { suite: role, codename } = release;
  if (suite.endsWith('/') || (role === undefined && codename === undefined)) return;
  // `buster/updates` was a suite whose codename is `buster`.
  const names = [suite, suite.replace(/\/updates$/, '')];
  if (names.some(name => name === role || name === codename)) return;
  throw integrityError(
    'APT_SUITE_MISMATCH',
    `${url} is of the suite ${role ?? codename} (${codename ?? role})`,
    {
      next: `Ask for it by that name, or use a mirror that has ${suite}.`,
    },
  );
}

function indexPaths(opened: VerifiedRelease, components: readonly string[], architecture: string): string[] {
  const { release, suite, index } = opened;
  if (suite.endsWith('/')) return ['Packages'];
  const offered = release.architectures;
  if (offered.length > 0 && !offered.includes(architecture)) {
    throw upstreamError('APT_ARCHITECTURE_MISSING', `${suite} has no packages for ${architecture}`, {
      next: `It has ${offered.join(', ')}.`,
      details: [index.url],
    });
  }
  const architectures =
    offered.includes('all') && !release.allInEach && architecture !== 'all'
      ? [architecture, 'all']
      : [architecture];
  return components.flatMap(component => {
    const paths = architectures.map(name => `${component}/binary-${name}/Packages`);
    const [native, ...others] = paths;
    if (native === undefined || !listed(release, native)) {
      throw upstreamError(
        'APT_COMPONENT_MISSING',
        `${suite} has no component ${component} for ${architecture}`,
        {
          next: `It has ${release.components.join(', ') || 'none'}.`,
          details: [index.url],
        },
      );
    }
    return [native, ...others.filter(path => listed(release, path))];
  });
}

/** xz first, as apt does: it is the smallest, and what every Debian mirror has. */
const endings = ['.xz', '.gz', '.zst', ''] as const;

function listed(release: Release, path: string): boolean {
  return endings.some(ending => release.files.has(path + ending));
}

async function fetchIndex(
  { uri, suite, release }: VerifiedRelease,
  path: string,
  fetch: Fetch,
): Promise<{ bytes: Buffer; file: TakenFile }> {
  const directory = releaseDirectory(uri, suite);
  for (const ending of endings) {
    const file = release.files.get(path + ending);
    if (file === undefined || compressionOf(file.path) === undefined) continue;
    for (const url of locations(directory, file.path, file.digest, release.acquireByHash)) {
      const bytes = await fetchListed(fetch, url, file);
      if (bytes === undefined) continue;
      const plain = await plainIndex(bytes, url, file.path, release.files.get(path));
      return { bytes: plain, file: { url, size: file.size, digest: file.digest } };
    }
  }
  throw upstreamError('APT_INDEX_MISSING', `none of the forms of ${directory}${path} can be had`, {
    next: 'The mirror is incomplete: use another one.',
  });
}

/** By hash first: such a file does not change while the archive is being updated. */
function locations(directory: string, path: string, digest: Digest, byHash: boolean): string[] {
  const plain = directory + path;
  if (!byHash) return [plain];
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  return [`${directory}${folder}by-hash/SHA256/${digest.slice('sha256:'.length)}`, plain];
}

/**
 * A path as apt writes it into a URL, so that both ask for the same one: `+` and `~` are encoded too, for the sake of
 * servers that mistake them (Acquire::URIEncode), and so is the `%` of an encoded epoch.
 */
function escapePath(path: string): string {
  return [...Buffer.from(path)]
    .map(byte => {
      const character = String.fromCharCode(byte);
      const plain = byte > 0x20 && byte < 0x7f && !'+~%?#'.includes(character);
      return plain ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
