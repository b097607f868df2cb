import { constants } from 'node:os';
import { HoldfastError, messageOf, type SourcePlace } from '../core/index.ts';
import { colors } from './colors.ts';
import { printable } from './units.ts';

/** A failure as lines for people: code and cause, where, details, and what to do next. */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof HoldfastError)) {
    const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return `${colors.red('bug')}: this should not have happened; please report it with the lines below\n${stack}\n`;
  }
  const lines = [`${colors.red('error')} ${thrown.code}: ${printable(thrown.message)}`];
  if (thrown.where) lines.push(`  at ${placeText(thrown.where)}`);
  for (const detail of thrown.details) lines.push(`  | ${printable(detail)}`);
  lines.push(`  ${colors.bold('next')}: ${printable(thrown.next)}`);
  return `${lines.join('\n')}\n`;
}

export function errorJson(thrown: unknown): object {
  if (!(thrown instanceof HoldfastError)) return { error: { code: 'BUG', message: messageOf(thrown) } };
  const { code, message, where, details, next, exit } = thrown;
  return { error: { code, exit, message, where, details, next } };
}

export function exitCodeOf(thrown: unknown): number {
  // 70 is EX_SOFTWARE of sysexits.h: an internal error, none of the codes that mean something to a pipeline.
  if (!(thrown instanceof HoldfastError)) return 70;
  // As shells tell that a program was stopped and did not fail.
  return thrown.code === 'INTERRUPTED' ? 128 + signalNumber(thrown) : thrown.exit;
}

/** Other errors may lie around the one that the signal is the cause of. */
function signalNumber({ cause }: Error): number {
  if (cause instanceof Error) return signalNumber(cause);
  return cause === 'SIGTERM' ? constants.signals.SIGTERM : constants.signals.SIGINT;
}

function placeText({ file, line, column }: SourcePlace): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}
