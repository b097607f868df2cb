/** A URL as kinds look at it: no query, no fragment, each segment of the path decoded by itself. */
export interface UrlPath {
  /** Scheme, host and port, without a slash at the end. */
  readonly origin: string;
  /** The path between its slashes. The last one is empty where the path ends with a slash. */
  readonly segments: readonly string[];
}

/**
 * Nothing where the path is badly encoded, or where a decoded segment is what no repository has: a slash, a control
 * character, `..`. Empty and `.` segments within the path are passed over, as servers do.
 */
export function urlPath(url: string): UrlPath | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  const raw = parsed.pathname.split('/').slice(1);
  try {
    const segments = raw
      .map(segment => decodeURIComponent(segment))
      .filter((segment, n) => n === raw.length - 1 || (segment !== '' && segment !== '.'));
    return segments.some(segment => segment === '..' || /[/\\\x00-\x1f\x7f]/.test(segment))
      ? undefined
      : { origin: parsed.origin, segments };
  } catch {
    return undefined;
  }
}

/** A directory's URL, with a slash at the end; in the normal form, so that equal directories are equal texts. */
export function directoryUrl(origin: string, segments: readonly string[]): string {
  return [origin, ...segments.map(segment => encodeURIComponent(segment)), ''].join('/');
}

/** The whole path, decoded, so that an encoded slash parts segments as a plain one does; empty where it is badly encoded. */
export function decodedPath(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return '';
  }
}
