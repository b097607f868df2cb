/**
 * Every failure that a user can meet is a HoldfastError: a stable `code`, one line of cause (`message`),
 * one line of what to do (`next`), and the exit code that its class stands for. Anything else that is
 * thrown is a bug and is printed with its stack.
 */
export const exitCodes = {
  done: 0,
  findings: 1,
  usage: 2,
  stale: 3,
  integrity: 4,
  upstream: 5,
  step: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A place in a file that the user wrote. Lines and columns count from 1; columns are UTF-16 code units. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

export interface ErrorDetails {
  /** What the user can do now; one line, imperative. */
  readonly next: string;
  readonly where?: SourcePlace | undefined;
  readonly cause?: unknown;
  /** Further lines to show below the cause: a tail of output, the differing files. */
  readonly details?: readonly string[] | undefined;
}

export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: string;
  readonly exit: ExitCode;
  readonly next: string;
  readonly where: SourcePlace | undefined;
  readonly details: readonly string[];

  constructor(exit: ExitCode, code: string, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.exit = exit;
    this.code = code;
    this.next = details.next;
    this.where = details.where;
    this.details = details.details ?? [];
  }
}

const maker = (exit: ExitCode) => (code: string, message: string, details: ErrorDetails) =>
  new HoldfastError(exit, code, message, details);

/** Exit 1: drift or a failed test was found; the program itself worked. */
export const findingsError = maker(exitCodes.findings);
/** Exit 2: wrong usage, a wrong Dockerfile or configuration, or a machine that lacks a tool. */
export const usageError = maker(exitCodes.usage);
/** Exit 3: the lock is stale or lacks an entry. */
export const staleError = maker(exitCodes.stale);
/** Exit 4: a byte does not match its digest or signature. */
export const integrityError = maker(exitCodes.integrity);
/** Exit 5: upstream cannot be reached, or answers what it must not. */
export const upstreamError = maker(exitCodes.upstream);
/** Exit 6: a build step failed. */
export const stepError = maker(exitCodes.step);

/** Who runs the program wants it to end; the signal is the cause. */
export function interrupted(signal: NodeJS.Signals): HoldfastError {
  return usageError('INTERRUPTED', `stopped by ${signal}`, {
    next: 'Run the command again; what was complete is kept.',
    cause: signal,
  });
}

/** The error with the place that it is about, unless it has one; what is no HoldfastError stays as it is. */
export function errorAt(thrown: unknown, where: SourcePlace): unknown {
  if (!(thrown instanceof HoldfastError) || thrown.where !== undefined) return thrown;
  const { exit, code, message, next, details } = thrown;
  return new HoldfastError(exit, code, message, { next, where, details, cause: thrown });
}

/** The text of anything thrown, for a `message` or a log line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `errno` code (`ENOENT`, `ECONNREFUSED`, …) of a thrown system error, if it is one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
