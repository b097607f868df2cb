/** The shapes of URLs in Debian archives: Debian repository format. */

/** Scheme, host and path, the path decoded once and without `.` and doubled slashes; no query, no fragment. */
export function plainUrl(url: string): string {
  const [, origin = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(url) ?? [];
  return origin + percentDecoded(path).replaceAll(/\/(?:\.?\/)+/g, '/');
}

/** One layer of percent-encoding; text that is not encoded well stays as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The archive and suite of a directory that holds InRelease. A flat archive's suite is `/`. */
export function suitePlace(directory: string): { archive: string; suite: string } {
  const match = /^(.*\/)dists\/(.+)\/$/.exec(directory);
  const [, archive, suite] = match ?? [];
  return archive === undefined || suite === undefined
    ? { archive: directory, suite: '/' }
    : { archive, suite };
}

const releaseFiles = /^(?:InRelease|Release|Release\.gpg)$/;
const indexFiles =
  /(?:^|\/)(?:(?:Packages|Sources|Release|Translation-[\w@.-]+|Contents-[\w.-]+|Components-[\w-]+\.yml|Commands-[\w-]+|icons-[\w@-]+\.tar)(?:\.(?:gz|xz|bz2|lzma|lz4|zst))?|[\w-]+\.diff\/[\w.+-]+)$/;
const byHash = /(?:^|\/)by-hash\/\w+\/([0-9a-f]{32,})$/;

/**
 * The path of an index below its suite's directory, a by-hash name replaced by the name it stands for where that is
 * known; undefined for what is no index (installer images lie in `dists` too).
 */
export function indexPath(below: string, pathByHash: ReadonlyMap<string, string>): string | undefined {
  const hash = byHash.exec(below)?.[1];
  if (hash !== undefined) return pathByHash.get(hash) ?? below;
  return releaseFiles.test(below) || indexFiles.test(below) ? below : undefined;
}

/** An index of a suite whose Release is not in the recording: by the shape of its URL alone. */
export function unlistedPlace(url: string): { archive: string; suite: string; path: string } | undefined {
  const release = /^(.*\/)dists\/(.+)\/(InRelease|Release|Release\.gpg)$/.exec(url);
  // Beside each Packages lies a small `Release` too, which is no suite's.
  const ofSuite = /\/(?:binary-[^/]+|source)$/.test(release?.[2] ?? '') ? undefined : release;
  const [, archive, suite, path] = ofSuite ?? /^(.*\/)dists\/([^/]+(?:\/updates)?)\/(.+)$/.exec(url) ?? [];
  if (archive === undefined || suite === undefined || path === undefined) return undefined;
  const known = indexPath(path, new Map());
  return known === undefined ? undefined : { archive, suite, path: known };
}

/** A request for an index of a suite, in the parts that another copy of the archive is asked by. */
export interface SuiteRequest {
  /** The archive's base URL, with a final slash. */
  readonly archive: string;
  /** URL of the directory that holds InRelease, with a final slash. */
  readonly directory: string;
  /** The path below the archive, as it stands in the URL: `dists/bookworm/InRelease`. */
  readonly below: string;
  /** The path below the suite's directory, decoded. */
  readonly path: string;
  readonly isByHash: boolean;
}

/** Nothing where the URL is not surely of an index in an archive with suites. */
export function suiteRequest(url: string): SuiteRequest | undefined {
  if (/[?#]/.test(url) || !/^https?:/i.test(url)) return undefined;
  const place = unlistedPlace(plainUrl(url));
  const at = url.lastIndexOf('/dists/');
  if (place === undefined || at < 0) return undefined;
  const archive = url.slice(0, at + 1);
  const below = url.slice(at + 1).replaceAll(/\/(?:\.?\/)+/g, '/');
  const { suite, path } = place;
  const isOdd = !/^[\w.+~/-]+$/.test(suite) || `${suite}/${path}`.split('/').includes('..');
  if (isOdd || plainUrl(archive) !== place.archive) return undefined;
  return { archive, directory: `${archive}dists/${suite}/`, below, path, isByHash: byHash.test(path) };
}
