/** Times in milliseconds, sizes in bytes. */
export interface GatewayLimits {
  /** Until a connection to upstream stands, TLS included. */
  readonly connect: number;
  /** Until upstream's header section is there. */
  readonly headers: number;
  /** Between two chunks of upstream's body. */
  readonly idle: number;
  /** Until a client has said its first bytes, and until its TLS handshake is done. */
  readonly firstBytes: number;
  /** How long a download may wait for its own client before it goes on without it; the client is served from the store then. */
  readonly stall: number;
  /** How long downloads that no client waits for any more may go on once the step has ended. */
  readonly finish: number;
  /** Requests to upstream for one request of the step, the first included. */
  readonly attempts: number;
  /** The first pause between attempts; it doubles up to `longestPause`. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** A `Retry-After` above this is not waited for. */
  readonly longestRetryAfter: number;
  /** Redirects that the gateway follows itself. */
  readonly redirects: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly requestBodyBytes: number;
  /** Request bodies above this go to a temporary file. */
  readonly requestBodyInMemory: number;
}

const second = 1000;
const mebi = 1024 * 1024;

export const defaultLimits: GatewayLimits = {
  connect: 15 * second,
  headers: 60 * second,
  idle: 60 * second,
  firstBytes: 30 * second,
  stall: second,
  finish: 30 * second,
  attempts: 5,
  firstPause: second / 2,
  longestPause: 30 * second,
  longestRetryAfter: 120 * second,
  redirects: 10,
  headerBytes: 64 * 1024,
  bodyBytes: 64 * 1024 * mebi,
  requestBodyBytes: 1024 * mebi,
  requestBodyInMemory: mebi,
};
