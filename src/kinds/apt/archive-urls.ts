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
  const [, archive, suite, path] = release ?? /^(.*\/)dists\/([^/]+(?:\/updates)?)\/(.+)$/.exec(url) ?? [];
  if (archive === undefined || suite === undefined || path === undefined) return undefined;
  const known = indexPath(path, new Map());
  return known === undefined ? undefined : { archive, suite, path: known };
}
