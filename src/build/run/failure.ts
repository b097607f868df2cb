import { HoldfastError, stepError } from '../../core/index.ts';
import type { Step } from '../step.ts';
import type { OutputTail } from './output.ts';

/** A command line to show, on one short line. */
export function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

export function absentError({ where }: Step, urls: readonly string[], asOf: string): HoldfastError {
  return stepError('AS_OF_ABSENT', `${urls.join(', ')} did not exist on ${asOf}, the lock's date`, {
    next: 'Remove holdfast.lock and run `holdfast lock` to record everything as of today, or ask for something older.',
    where,
  });
}

/** The gateway listens on ports that it is told of. */
export function nameThePort(port: number | string): string {
  return `Write the URL with the port, as http://HOST:${port}/, into the Dockerfile; a comment will do.`;
}

export interface FailureFacts {
  /** Where the step saw the world as of a date: what came later is not found in it. */
  readonly asOf: string | undefined;
  /** To which it could not connect, and that the gateway does not serve. */
  readonly ports: readonly number[];
}

export function failed(
  { text, where }: Step,
  exitCode: number,
  tail: OutputTail,
  { asOf, ports: [port] }: FailureFacts,
): HoldfastError {
  const dated = asOf === undefined ? '' : ` What came after ${asOf}, the lock's date, does not exist for it.`;
  const refused =
    port === undefined
      ? ''
      : ` It could not connect to port ${port}, which the gateway does not serve yet. ${nameThePort(port)}`;
  return stepError('STEP_FAILED', `${shortened(text)} ended with exit code ${exitCode}`, {
    next: `Read the last lines of its output above, or look around in it: add --shell-on-failure, in a terminal.${refused}${dated}`,
    where,
    details: tail.lines(),
  });
}

export function withTail(problem: HoldfastError, tail: OutputTail): HoldfastError {
  const { exit, code, message, next, where, details } = problem;
  return new HoldfastError(exit, code, message, {
    next,
    where,
    cause: problem,
    details: [...details, ...tail.lines()],
  });
}
