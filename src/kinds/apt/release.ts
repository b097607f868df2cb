/** The fields of a `Release` file (Debian repository format, "Release files"). */

import { isDigest, upstreamError, type Digest, type HoldfastError } from '../../core/index.ts';
import { stanzas, words, type Stanza } from './deb822.ts';

export interface ReleaseFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly digest: Digest;
}

export interface Release {
  readonly origin: string | undefined;
  readonly label: string | undefined;
  /** What the suite is called by role, for example `stable-updates`; its name by release is `codename`. */
  readonly suite: string | undefined;
  readonly codename: string | undefined;
  readonly version: string | undefined;
  readonly date: Date;
  readonly validUntil: Date | undefined;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly acquireByHash: boolean;
  /** apt takes nothing from such a suite unless asked by name (backports). */
  readonly notAutomatic: boolean;
  /** Whether packages of architecture `all` are listed in each architecture's index and have none of their own. */
  readonly allInEach: boolean;
  /** The files that the Release vouches for, by their path relative to it. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

/**
 * @param origin what to call the file in an error, for example its URL.
 * @throws HoldfastError APT_RELEASE_MALFORMED (exit 5), also where it lists no SHA256: MD5 and SHA-1 prove nothing.
 */
export function parseRelease(text: string, origin: string): Release {
  const [stanza] = stanzas(text, (line, reason) => malformed(origin, `line ${line}: ${reason}`));
  if (stanza === undefined) throw malformed(origin, 'it is empty');
  const date = parseDate(stanza.get('Date'));
  if (date === undefined) throw malformed(origin, 'it has no Date that can be read');
  const validUntil = stanza.get('Valid-Until');
  if (validUntil !== undefined && parseDate(validUntil) === undefined)
    throw malformed(origin, 'its Valid-Until cannot be read');
  return {
    origin: stanza.get('Origin'),
    label: stanza.get('Label'),
    suite: stanza.get('Suite'),
    codename: stanza.get('Codename'),
    version: stanza.get('Version'),
    date,
    validUntil: parseDate(validUntil),
    architectures: words(stanza.get('Architectures')),
    // Security archives once wrote `updates/main` for what the index calls `main`.
    components: words(stanza.get('Components')).map(name => name.slice(name.lastIndexOf('/') + 1)),
    acquireByHash: stanza.get('Acquire-By-Hash')?.toLowerCase() === 'yes',
    notAutomatic: stanza.get('NotAutomatic')?.toLowerCase() === 'yes',
    allInEach: words(stanza.get('No-Support-for-Architecture-all')).includes('Packages'),
    files: filesOf(stanza, origin),
  };
}

function filesOf(stanza: Stanza, origin: string): Map<string, ReleaseFile> {
  const listed = stanza.get('SHA256');
  if (listed === undefined) throw malformed(origin, 'it lists no SHA256 digests');
  const files = new Map<string, ReleaseFile>();
  for (const line of listed.split('\n')) {
    const [hex, bytes, path, ...rest] = words(line);
    if (hex === undefined) continue;
    const digest = `sha256:${hex.toLowerCase()}`;
    const size = Number(bytes);
    if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0 || !path || rest.length > 0)
      throw malformed(origin, `not a line of SHA256: ${JSON.stringify(line.slice(0, 100))}`);
    files.set(path, { path, size, digest });
  }
  return files;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 2822 as `date -R -u` writes it; apt takes only the zones that mean UTC, and so do we. */
function parseDate(text: string | undefined): Date | undefined {
  const match =
    /^(?:[A-Z][a-z]{2},\s+)?(\d{1,2})\s+([A-Z][a-z]{2})\s+(\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(?:UTC|GMT|Z|[+-]0000)$/.exec(
      text ?? '',
    );
  if (match === null) return undefined;
  const [, day, month, year, hour, minute, second] = match;
  const index = months.indexOf(month ?? '');
  if (index < 0) return undefined;
  return new Date(Date.UTC(Number(year), index, Number(day), Number(hour), Number(minute), Number(second)));
}

function malformed(origin: string, reason: string): HoldfastError {
  return upstreamError('APT_RELEASE_MALFORMED', `${origin} is not a Release file: ${reason}`, {
    next: 'Check the archive’s address: its dists/<suite>/ directory must hold InRelease.',
  });
}
