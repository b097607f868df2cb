import { HoldfastError } from '../core/index.ts';
import type { Instruction } from './instructions.ts';
import { type Dockerfile, parseDockerfile } from './parse.ts';

/** For tests: a Dockerfile that begins with a stage, and what follows. */
export function parsed(...lines: readonly string[]): Dockerfile {
  return parseDockerfile(['FROM base', ...lines, ''].join('\n'), 'Dockerfile');
}

/** The first instruction behind FROM, which must be of this sort. */
export function only<Name extends Instruction['keyword']>(
  keyword: Name,
  ...lines: readonly string[]
): Extract<Instruction, { keyword: Name }> {
  const instruction = parsed(...lines).stages[0]?.instructions[0];
  if (instruction?.keyword === keyword) return instruction as Extract<Instruction, { keyword: Name }>;
  throw new Error(`${instruction?.keyword} is not ${keyword}`);
}

/** `CODE line:column` of the error that `action` throws; anything but a HoldfastError passes through. */
export function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    if (error.exit !== 2 || error.next === '' || error.message.includes('\n')) throw error;
    const { where } = error;
    return where === undefined ? error.code : `${error.code} ${where.line}:${where.column}`;
  }
  return 'no problem';
}
