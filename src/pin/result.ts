import type { Digest } from '../core/index.ts';
import type { SourceRange } from '../dockerfile/index.ts';
import type { Snapshots } from '../kinds/index.ts';
import type { Lock, Recording } from '../lock/index.ts';
import type { StoreImages } from './store-images.ts';

/** The files that a Dockerfile can copy. */
export interface PinContext {
  /** The bytes of a file by its path in the context; nothing where there is none. */
  readonly read: (path: string) => Buffer | undefined;
  /** Whether .dockerignore leaves a path out. */
  readonly isIgnored: (path: string) => boolean;
  /** The directory in the context for files of the Dockerfile; empty for the context itself. */
  readonly directory: string;
  /** What the names of those files begin with, where several Dockerfiles share the directory. */
  readonly prefix: string;
}

/** What is to be pinned, and what is known of it. */
export interface PinRequest {
  /** The Dockerfile. All offsets are into this text. */
  readonly text: string;
  /** Its name for people. */
  readonly file: string;
  readonly lock: Pick<Lock, 'asOf' | 'moved' | 'inputs' | 'builds'>;
  /** Of the builds of this Dockerfile. */
  readonly recordings: readonly Recording[];
  readonly context: PinContext;
  /** Places of archives' pasts in place of the public ones. */
  readonly snapshots?: Snapshots | undefined;
  /** A blob of the store, or of where the lock is shared. @throws HoldfastError where nobody has it */
  readonly readBytes: (digest: Digest) => Promise<Buffer>;
  /** Asks a registry for the index of a frontend, which no lock holds. @throws HoldfastError (exit 5) */
  readonly frontendDigest?: ((reference: string) => Promise<Digest>) | undefined;
  /** Images that have their names from the store. */
  readonly storeImages?: StoreImages | undefined;
  /** Pins are written. */
  readonly pins: boolean;
  /** Scripts that are downloaded and run are put beside the Dockerfile. */
  readonly vendored: boolean;
}

/** What a pin is about: a kind of the lock, or a script. */
export type PinKind = 'image' | 'archive' | 'package' | 'file' | 'git' | 'script' | 'project';

/** One input that the Dockerfile now names exactly. */
export interface Pin {
  readonly kind: PinKind;
  readonly range: SourceRange;
  /** What is written: `curl=7.88.1-10`. */
  readonly what: string;
}

/** Why something still is whatever it will be. */
export type UnpinnedCode =
  /** The lock has nothing for the step: it was locked with another text, or no build of the lock runs it. */
  | 'NOT_LOCKED'
  /** The name, URL or reference comes from a variable or is worked out while the step runs. */
  | 'NOT_KNOWN'
  /** The lock holds it in several versions, or builds took different ones. */
  | 'AMBIGUOUS'
  /** The command has no form for it, or stands where nothing can be written. */
  | 'NO_FORM'
  /** It is chosen by what is pinned, and not by the Dockerfile. */
  | 'INDIRECT'
  /** Nobody keeps the archive's past. */
  | 'NO_PAST'
  /** No registry is known to have it. */
  | 'NOT_PULLABLE'
  /** A comment asks to leave it. */
  | 'SUPPRESSED';

/** One input that was left, and why. */
export interface Unpinned {
  readonly code: UnpinnedCode;
  readonly range: SourceRange;
  readonly what: string;
  readonly why: string;
}

/** A file that the pinned Dockerfile copies. */
export interface WrittenFile {
  /** In the build context. */
  readonly path: string;
  readonly bytes: Buffer;
  /** A vendored script or its list: what changes in it is for somebody to read. */
  readonly vendored: boolean;
}

export interface PinResult {
  /** The Dockerfile with its pins. */
  readonly text: string;
  readonly files: readonly WrittenFile[];
  readonly pins: readonly Pin[];
  readonly unpinned: readonly Unpinned[];
}
