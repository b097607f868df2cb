import type { IncomingHttpHeaders } from 'node:http';
import type { Digest } from '../core/index.ts';
import type { Exchange, ExchangeKey } from './exchange.ts';
import type { PackageTexts } from './package-texts.ts';
import type { LatestContext, LockedInput, LookUp } from './latest.ts';
import type { RootFiles } from './root-files.ts';
import type { VersionOrder } from './version-order.ts';

/** What sort of input something is: one folder here each, but for `image` and `file`, which are no package's. */
export type KindName =
  | 'image'
  | 'apt'
  | 'apk'
  | 'rpm'
  | 'pypi'
  | 'npm'
  | 'go'
  | 'cargo'
  | 'gem'
  | 'composer'
  | 'maven'
  | 'cpan'
  | 'git'
  | 'file';

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
    }
  /** A commit of a repository, as a pack that holds it. */
  | {
      readonly class: 'commit';
      readonly url: string;
      readonly commit: string;
      readonly ref?: string | undefined;
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
  /** Permission bits; 0o644 if not given. */
  readonly mode?: number;
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
  /** True where nothing new is taken, so that the lock vouches for every byte. */
  readonly locked: boolean;
  /** The date as of which what is new of this kind is answered; nothing where that is now. */
  readonly asOf?: Date | undefined;
  /** Whether the step has no user but root, so that nothing can be done as another. */
  readonly onlyRoot: boolean;
  /** Answers that the lock holds under URLs that `isMade` tells of. */
  readonly made: readonly { readonly url: string; readonly body: Buffer }[];
  /** What the image and the Dockerfile set for the step. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A request that the lock has no answer to, while everything that it has answers to stays as it was. */
export interface NewRequest {
  readonly key: ExchangeKey;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
}

/** Base URLs of services that keep archives' pasts, by the archive's name, in place of the public ones. */
export type Snapshots = Readonly<Partial<Record<string, string>>>;

export interface AsOfContext {
  /** The lock's date. */
  readonly asOf: Date;
  readonly snapshots?: Snapshots | undefined;
  /**
   * A GET of upstream's answer as it is now, signed redirects followed; it is not recorded. The body has at most
   * 256 MiB. `headers` go beside those that every request has.
   * @throws HoldfastError (exit 5) where upstream gives no answer
   */
  readonly fetch: (url: string, headers?: Readonly<Record<string, string>>) => Promise<UpstreamDocument>;
}

export interface UpstreamDocument {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is given to the client and recorded in place of upstream's own answer. */
export interface AsOfAnswer {
  readonly status: number;
  /** Names in lower case, without Content-Length. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** A package that a finished root file system holds. */
export interface InstalledPackage {
  /** As the lock names it. */
  readonly name: string;
  readonly version: string;
  /** What the name of its file says in place of that, where it says less. */
  readonly fileVersion?: string | undefined;
  readonly architecture?: string | undefined;
  /** What it was built from, where that has another name or version. */
  readonly source?: { readonly name: string; readonly version: string } | undefined;
  /** The file that says so, from the root, without a leading slash. */
  readonly from: string;
}

/** By name, what an index says of where it comes from: `Origin`, `signed by`. */
export type IndexFacts = Readonly<Record<string, string>>;

/** One ecosystem (DESIGN 6). An optional member is something that the ecosystem does not need. */
export interface Kind {
  readonly name: KindName;
  /** How versions are ordered; nothing where inputs have none. */
  readonly versions?: VersionOrder;
  /** Of a request's headers (names in lower case) what chooses between representations of one URL. */
  vary?(headers: IncomingHttpHeaders): Readonly<Record<string, string>>;
  /**
   * A form of a request's body that is the same whenever the same is asked for: the key holds its digest in place
   * of that of the bytes, which are what is sent upstream. `body` is as it came, in its Content-Encoding. Nothing
   * where the request is not of this kind, or is malformed: then its bytes count.
   */
  requestBody?(url: URL, headers: IncomingHttpHeaders, body: Buffer): Buffer | undefined;
  /** Reads what it needs of a build's indexes once, and then tells of each exchange what it was. */
  recogniser(context: RecogniseContext): Promise<Recogniser>;
  client?(context: ClientContext): ClientSettings;
  /** Whether an answer under this URL is no upstream's: an update made it, and clients must be told to ask for it. */
  isMade?(url: string): boolean;
  /**
   * Checks what a client was told not to check because the lock vouches for it, on an exchange that is new and for
   * which no lock does.
   * @throws HoldfastError where upstream's answer is out of date
   */
  checkNew?(
    exchange: Exchange,
    context: { readBody: RecogniseContext['readBody']; now: Date; asOf?: Date | undefined },
  ): Promise<void>;
  /**
   * How upstream would have answered a new request on the lock's date; nothing where the request is not for an index
   * of this kind, so that the live answer is taken.
   * @throws HoldfastError (exit 5) AS_OF_UNAVAILABLE where upstream has a past but does not give it
   */
  asOf?(request: NewRequest, context: AsOfContext): Promise<AsOfAnswer | undefined>;
  /** Other URLs at which an artefact's bytes may lie, best first, for when its own does not give them. */
  sources?(url: string, context: Pick<AsOfContext, 'asOf' | 'snapshots'>): readonly string[];
  /**
   * What upstream has now of each input, in their order. Failures are answers; nothing is thrown for them.
   */
  latest?(inputs: readonly LockedInput[], context: LatestContext): Promise<LookUp[]>;
  /** What is installed, whoever installed it. */
  installed?(root: RootFiles): readonly InstalledPackage[];
  /**
   * What a package's file says of its changes, and what it runs, for who reviews an update.
   * @throws where the file is damaged
   */
  texts?(bytes: Buffer, url: string): Promise<PackageTexts>;
  /** What an archive's index says of where it comes from; nothing where this is none. @throws where it is damaged */
  indexFacts?(bytes: Buffer, url: string): Promise<IndexFacts | undefined>;
}
