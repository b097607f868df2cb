import type { IncomingHttpHeaders } from 'node:http';
import type { Digest } from '../core/index.ts';
import type { Exchange } from './exchange.ts';

export const kindNames = ['image', 'apt', 'npm', 'file'] as const;

/** What sort of input something is: one folder here each. */
export type KindName = (typeof kindNames)[number];

/**
 * What an exchange was. A mutable index says what there is at some date; an immutable artefact is one of the
 * things that it names. The two are locked differently: an artefact can be fetched again by its URL and digest,
 * an index only from the store, its remote, or an archive of the past.
 */
export type Recognised =
  | { readonly class: 'index'; readonly archive?: ArchiveInput | undefined }
  | {
      readonly class: 'artefact';
      readonly name: string;
      readonly version: string;
      readonly architecture?: string | undefined;
    };

/** One suite of a package archive: each has its own timeline, so each has its own date. */
export interface ArchiveInput {
  /** The archive's base URL. */
  readonly url: string;
  readonly suite: string;
  /** RFC 3339, from the signed index itself. */
  readonly date?: string | undefined;
}

/** What a recogniser may look at: all exchanges of a build, and the bodies of any. */
export interface RecogniseContext {
  readonly exchanges: readonly Exchange[];
  readonly readBody: (digest: Digest) => Promise<Buffer>;
}

/** Nothing where the exchange is not of this kind. */
export type Recogniser = (exchange: Exchange) => Recognised | undefined;

/** A file laid under a step, or over what lies there, that never reaches a layer. */
export interface StepFile {
  readonly path: string;
  readonly content: string;
}

/** What the clients of a kind need to be told inside a step. */
export interface ClientSettings {
  readonly files: readonly StepFile[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface ClientContext {
  /** Path of a PEM bundle inside the step that holds the gateway's root and the image's own. */
  readonly caBundle: string;
  /** True where every index that the step may read is held by the lock, so that its age is no sign of an attack. */
  readonly replaying: boolean;
  /** What the image and the Dockerfile set for the step. */
  readonly environment: Readonly<Record<string, string>>;
}

/** One ecosystem (DESIGN 6). An optional member is something that the ecosystem does not need. */
export interface Kind {
  readonly name: KindName;
  /** Of a request's headers (names in lower case) what chooses between representations of one URL. */
  vary?(headers: IncomingHttpHeaders): Readonly<Record<string, string>>;
  /** Reads what it needs of a build's indexes once, and then tells of each exchange what it was. */
  recogniser(context: RecogniseContext): Promise<Recogniser>;
  client?(context: ClientContext): ClientSettings;
  /**
   * Checks what a client was told not to check because the lock vouches for it, on an exchange that is new and for
   * which no lock does.
   * @throws HoldfastError where upstream's answer is out of date
   */
  checkNew?(
    exchange: Exchange,
    context: { readBody: RecogniseContext['readBody']; now: Date },
  ): Promise<void>;
}
