import type { ChangelogSection } from './changelog.ts';

/** Of a package's file what somebody reads who decides whether to take it. */
export interface PackageTexts {
  /** What it says of its releases, the newest first; empty where it has no changelog. */
  readonly changelog: readonly ChangelogSection[];
  /** The package, of the same source, in which its changelog is. */
  readonly changelogIn?: string | undefined;
  /** By name, the texts that run when it is installed or removed. */
  readonly scripts: Readonly<Record<string, string>>;
}
