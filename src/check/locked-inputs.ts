import type { Digest } from '../core/index.ts';

/** What a lock builds of a Dockerfile. */
export interface LockedTarget {
  /** A stage, by name or number; nothing for the last one. */
  readonly target?: string | undefined;
  /** Whether build arguments may have chosen stages. */
  readonly hasArguments?: boolean;
}

/** What a lock says of inputs that a Dockerfile names. */
export interface LockedInputs {
  /** What is built of a Dockerfile of this name, beside the lock: what that takes cannot drift. */
  readonly builds: (dockerfile: string) => readonly LockedTarget[];
  /** Whether the lock has an image of this name, for whatever platforms. */
  readonly hasImage: (reference: string) => boolean;
  /** The digest that covers all platforms of an image, where there is one, else that of its only manifest. */
  readonly imageDigest: (reference: string) => Digest | undefined;
  /** The SHA-256 of the bytes that a URL gave, in hex. */
  readonly fileDigest: (url: string) => string | undefined;
  /** The commit that a repository's reference stood for. */
  readonly commit: (url: string, ref: string | undefined) => string | undefined;
}
