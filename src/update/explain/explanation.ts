import type { FileDifference, Hold, SettingDifference } from '../../build/index.ts';
import type { DiffLine, Digest, SourcePlace } from '../../core/index.ts';
import type { ChangelogSection } from '../../kinds/index.ts';
import type { Change } from '../changes.ts';
import type { TagMove } from '../tags/index.ts';
import type { Lock } from '../../lock/index.ts';
import type { ChangedText } from '../scripts.ts';
import type { UnknownHold } from '../unknown-holds.ts';

/** All that an update tells of itself: what is printed as text, markdown or JSON. */
export interface UpdateExplanation {
  /** One line: what moved, for a commit's or a request's title. */
  readonly title: string;
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly changes: readonly ExplainedChange[];
  /** What the packages themselves say, in the order of the changes. */
  readonly packages: readonly PackageStory[];
  /** Downloaded texts that are others now. */
  readonly texts: readonly ChangedText[];
  readonly provenance: readonly ProvenanceChange[];
  readonly images: readonly ImageChange[];
  /** Images that the Dockerfile names by other tags. */
  readonly tags: readonly TagMove[];
  readonly held: readonly Hold[];
  readonly unknownHolds: readonly UnknownHold[];
  /** What waits, what is held though it would close an advisory, and feeds that failed. */
  readonly notes: readonly string[];
}

/** Whether it may be taken, as far as that has been tried. */
export interface Verdict {
  /** Every build of the lock was made anew from what moved, and what is installed held against what was taken. */
  readonly builds: number;
  /** How many tests there were, all of which passed: a failed one ends the update. */
  readonly tests: number;
  /** Weaknesses that come with what moved. */
  readonly opened: readonly AdvisoryFact[];
  /** Those that are there before and after. */
  readonly left: readonly AdvisoryFact[];
}

/** Why there is an update, most pressing first. */
export type Reason =
  | ClosedAdvisory
  | { readonly why: 'archive-moved'; readonly archive: string; readonly from: string; readonly to: string }
  | { readonly why: 'tag-moved'; readonly from: string; readonly to: string }
  | { readonly why: 'image-rebuilt'; readonly reference: string }
  | { readonly why: 'file-changed'; readonly url: string }
  | { readonly why: 'released'; readonly section: string; readonly count: number }
  /** To older versions: what is newer was yanked or deleted, or does not fit the rest. */
  | { readonly why: 'went-back'; readonly section: string; readonly count: number };

/** A known weakness of something in the lock. */
export interface AdvisoryFact {
  readonly ids: readonly string[];
  /** And who says so. */
  readonly severity?: string | undefined;
  readonly source: string;
  readonly package: string;
  /** What of the lock has it: of one source there may be several packages. */
  readonly inputs: readonly Pick<Change, 'section' | 'name'>[];
  readonly fixedIn?: string | undefined;
  readonly note?: string | undefined;
}

/** One that the lock had, and has no longer. */
export interface ClosedAdvisory extends AdvisoryFact {
  readonly why: 'security';
}

/** What moving from one lock to another means for known weaknesses. */
export interface AdvisoryEffect {
  readonly closed: readonly AdvisoryFact[];
  readonly opened: readonly AdvisoryFact[];
  readonly left: readonly AdvisoryFact[];
}

export type AdvisoryEffectOf = (before: Lock, after: Lock) => Promise<AdvisoryEffect>;

export interface ExplainedChange extends Change {
  /** Whether a command names it; else something that is named needs it. */
  readonly direct: boolean;
  /** The instructions that took it; of what was removed, that had taken it. */
  readonly askedBy: readonly SourcePlace[];
  /** The advisories that it closes, by one name each; none where they were not asked for. */
  readonly closes: readonly string[];
}

/** What a package that moved says of itself. */
export interface PackageStory {
  readonly section: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** What its changelog has more than the one of before, the newest first. */
  readonly changelog: readonly ChangelogSection[];
  /** The package whose changelog this is, where it is another of the same source. */
  readonly changelogIn?: string | undefined;
  readonly scripts: readonly ChangedScript[];
  /** Why there is nothing to say. */
  readonly unread?: string | undefined;
}

/** A text that runs when the package is installed, and is new or another one. */
export interface ChangedScript {
  readonly name: string;
  readonly what: 'added' | 'removed' | 'changed';
  readonly lines: readonly DiffLine[];
}

/** Who stands behind an archive is not who did. */
export interface ProvenanceChange {
  /** The archive's index, or a key that was downloaded. */
  readonly subject: string;
  /** `Origin`, `signed by`, `keys`. */
  readonly name: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface ImageChange {
  /** What it is built for, where the lock has several builds. */
  readonly build?: string | undefined;
  readonly from: Digest;
  readonly to: Digest;
  /** Bytes of the compressed layers, where the store has the manifests. */
  readonly size: { readonly from?: number | undefined; readonly to?: number | undefined };
  readonly settings: readonly SettingDifference[];
  /** Those that differ in more than their times; nothing where the store lacks one of the images. */
  readonly files?: readonly FileDifference[] | undefined;
  /** What the base image brings in another version than before, which is no input of its own. */
  readonly base: readonly Change[];
}
