import type { Run } from '../check/index.ts';
import type { Invocation } from '../dockerfile/shell/index.ts';
import { isWrittenHere } from './placing.ts';

export interface Reader {
  readonly invocation: Invocation;
  /** Offset of the pipe between the two. */
  readonly pipe: number;
}

/**
 * The command that another's output is piped to, where both stand in the same script with nothing but the pipe between
 * them, and it reads nothing else.
 */
export function readerOf(invocation: Invocation, run: Run, text: string): Reader | undefined {
  const { end } = invocation.range;
  const reader = run.invocations.find(({ input, range }) => input.includes(invocation) && range.start >= end);
  if (reader === undefined || !isWrittenHere(reader, run, text)) return undefined;
  if (reader.redirects.some(({ operator }) => operator.startsWith('<'))) return undefined;
  const between = text.slice(end, reader.range.start);
  const isPipe = /^(\s|\\\r?\n)*\|(\s|\\\r?\n)*$/.test(between);
  return isPipe ? { invocation: reader, pipe: end + between.indexOf('|') } : undefined;
}
