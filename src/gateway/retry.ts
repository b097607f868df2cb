/** Why upstream gave no answer that can be recorded. `code` is the one that the user sees. */
export class UpstreamFailure extends Error {
  readonly code: string;
  readonly retryable: boolean;
  /** Upstream's status, where it had one. */
  readonly status: number | undefined;
  /** Milliseconds that upstream asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    code: string,
    message: string,
    details: { retryable?: boolean; status?: number; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
  }
}

export interface RetryPolicy {
  readonly attempts: number;
  readonly firstPause: number;
  readonly longestPause: number;
  readonly longestRetryAfter: number;
}

export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** Answers that say "not now": never recorded, asked for again (RFC 9110 15.5.9, 15.6; RFC 6585 4; RFC 8470 5.2). */
export function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** 501 and 505 will not change by asking again. */
export function isWorthRetrying(status: number): boolean {
  return isTransient(status) && status !== 501 && status !== 505;
}

/** Runs `attempt` until it succeeds, fails for good or the policy's attempts are used up; pauses double in between. */
export async function retried<T>(
  policy: RetryPolicy,
  sleep: Sleep,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UpstreamFailure) || !error.retryable || signal.aborted) throw error;
      const pause = error.retryAfter ?? Math.min(policy.longestPause, policy.firstPause * 2 ** (count - 1));
      if (count >= policy.attempts || (error.retryAfter ?? 0) > policy.longestRetryAfter)
        throw givenUp(error, count);
      // A sleep that is cut short means that nobody waits any more: the last failure stands.
      const slept = await sleep(pause, signal).then(
        () => true,
        () => false,
      );
      if (!slept || signal.aborted) throw givenUp(error, count);
    }
  }
}

function givenUp(failure: UpstreamFailure, count: number): UpstreamFailure {
  if (count === 1 && failure.retryAfter === undefined) return failure;
  const wait =
    failure.retryAfter === undefined ? '' : ` (Retry-After: ${Math.ceil(failure.retryAfter / 1000)} s)`;
  const attempts = count === 1 ? '' : ` after ${count} attempts`;
  const { code, message, status, cause } = failure;
  return new UpstreamFailure(code, `${message}${attempts}${wait}`, { ...(status && { status }), cause });
}

/** RFC 9110 10.2.3: seconds, or a date. Milliseconds from `now`, never negative; nothing for what is neither. */
export function retryAfterOf(value: string | string[] | undefined, now: Date): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
