/** How an ecosystem orders its versions. Texts that are no versions have a place in the order too. */
export interface VersionOrder {
  /** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
  readonly compare: (a: string, b: string) => number;
  /** Whether clients take the version only where it is asked for by its name; never, where this is left out. */
  readonly isPrerelease?: (version: string) => boolean;
  /** Whether a version fits a range as the ecosystem's clients write it; nothing where it is no range. */
  readonly fits?: (version: string, range: string) => boolean | undefined;
  /**
   * Whether a move between two versions promises to break nothing, by the ecosystem's own convention; always, where
   * this is left out.
   */
  readonly isCompatible?: (from: string, to: string) => boolean;
}

/** The newest of some versions; nothing where there are none. */
export function newestOf(versions: Iterable<string>, { compare }: VersionOrder): string | undefined {
  let newest: string | undefined;
  for (const version of versions) if (newest === undefined || compare(version, newest) > 0) newest = version;
  return newest;
}
