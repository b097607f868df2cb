import { upstreamError, type HoldfastError } from '../core/index.ts';
import type { Clock } from './clock.ts';

/** A failure that may pass: what to tell the user when it does not, and how long upstream asked us to wait. */
export class TransientFailure extends Error {
  readonly failure: HoldfastError;
  /** Milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(failure: HoldfastError, retryAfter?: number) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.retryAfter = retryAfter;
  }
}

export const usualAttempts = 5;
const firstDelay = 500;
/** Whoever asks for more than this is not waited for, but reported. */
const longestWait = 120_000;

/**
 * Does `work` until it gives anything but a TransientFailure, at most `attempts` times: waits 0.5, 1, 2 and 4 s
 * between, or as long as `Retry-After` said.
 * @throws the failure itself, after the last attempt
 */
export async function retrying<T>(
  clock: Clock,
  work: () => Promise<T>,
  signal?: AbortSignal,
  attempts = usualAttempts,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      if (attempt >= attempts) throw error.failure;
      await clock.sleep(waitBefore(error, attempt), signal);
    }
  }
}

/** Milliseconds. @throws the failure itself where upstream asks for more than is waited for */
export function waitBefore({ failure, retryAfter }: TransientFailure, attempt: number): number {
  if (retryAfter === undefined) return firstDelay * 2 ** (attempt - 1);
  if (retryAfter <= longestWait) return retryAfter;
  throw upstreamError(
    failure.code,
    `${failure.message}, and asks to wait ${Math.ceil(retryAfter / 1000)} seconds`,
    { next: failure.next, cause: failure },
  );
}

/** `Retry-After` in milliseconds from now: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
