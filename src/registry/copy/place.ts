import type { Reference } from '../reference.ts';
import type { BlobReader } from './blob-reader.ts';
import type { Content, ContentDigest, ContentManifest } from './content.ts';
import type { CopyDocument } from './document.ts';

/** Where images are copied from. What it says is verified by whoever asks for it. */
export interface CopySource {
  /** For messages, as the user would write it. */
  readonly name: string;
  /** The repository, where it is one in a registry. */
  readonly repository?: Reference | undefined;
  /** What the source names, as far as that can be learnt without reading it. */
  describe?(): Promise<Content | undefined>;
  /** The manifest or index that the source names, its bytes verified. */
  root(): Promise<ContentManifest>;
  /** One that a descriptor in it names. */
  manifest(descriptor: Content): Promise<ContentManifest>;
  /** Bytes of a blob from an offset on, not verified. */
  blob(blob: Content, from: number): AsyncIterable<Uint8Array>;
  /** The same in pieces that are good only until the next is asked for, where that is faster. */
  lent?(blob: Content, from: number): AsyncIterable<Uint8Array>;
  /** The manifest under another tag beside it, where there is one. */
  tagged?(tag: string): Promise<ContentManifest | undefined>;
  /** distribution-spec, "Listing Referrers"; nothing where the place knows no such list. */
  referrers?(subject: ContentDigest): Promise<readonly Content[] | undefined>;
  /** Whether it keeps lists of referrers, as far as that is known without asking. */
  hasReferrers?(): boolean | undefined;
  /** So many requests will come soon, and at once. */
  expect?(requests: number): void;
  close?(): Promise<void>;
}

/** A manifest to be written, with what it refers to. */
export interface PlannedManifest extends ContentManifest {
  readonly document: CopyDocument;
  /** The target has it, and all that it names, already. */
  readonly present: boolean;
  /** Of an index those of its manifests that are to be copied. */
  readonly children: readonly PlannedManifest[];
}

/** Something that belongs to an image without being part of it: a referrer by its subject, a signature by its tag. */
export type Attachment =
  | { readonly kind: 'referrer'; readonly subject: Content; readonly manifest: PlannedManifest }
  | { readonly kind: 'tag'; readonly tag: string; readonly manifest: PlannedManifest };

/** All that is to be in the target when it is done. */
export interface CopyPlan {
  readonly root: PlannedManifest;
  readonly attachments: readonly Attachment[];
}

/** What became of one blob. */
export type CopyOutcome = 'present' | 'mounted' | 'copied';

/** How a target gets at the blobs of a plan, and what it tells. */
export interface Supply {
  /** Each piece that it reads is good only until the next is asked for. */
  open(blob: Content): BlobReader;
  /** A repository of the target's registry that has the blob: see `CopySource.repository`. */
  readonly repository?: Reference | undefined;
  /** Blobs under way at once. */
  readonly parallel: number;
  done(blob: Content, outcome: CopyOutcome): void;
  note(text: string): void;
}

/** Where images are copied to. */
export interface CopyTarget {
  /** For messages, as the user would write it. */
  readonly name: string;
  /** Referrers and signatures beside the image, or the image alone. */
  readonly keepsAttachments: boolean;
  /** What has the target's name now. */
  describe?(): Promise<Content | undefined>;
  /** Whether it has an image's manifest and all that this names. */
  holds?(manifest: Content): Promise<boolean>;
  /** Writes whatever of a plan is not there; the name comes last. */
  write(plan: CopyPlan, supply: Supply): Promise<void>;
}
