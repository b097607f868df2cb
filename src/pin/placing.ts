import { isFollowed, type Edit, type Run } from '../check/index.ts';
import type { Argument, Invocation } from '../dockerfile/shell/index.ts';

/** What may be written into a word without a thought of quotes, in a script inside of a script too. */
const safe = /^[\w.+:~@=,%^!/[\]-]+$/;

/** The edit by which a word of a command says something else, in the quotes that it has; nothing where there is none. */
export function wordEdit({ word, text: value }: Argument, to: string, text: string): Edit | undefined {
  const { range } = word;
  if (isFollowed(range)) return undefined;
  const written = text.slice(range.start, range.end);
  if (written === value && safe.test(to)) return { start: range.start, end: range.end, text: to };
  for (const quote of ['"', "'"])
    if (written === `${quote}${value}${quote}` && !/["'$`\\\u0000-\u001f]/.test(to))
      return { start: range.start + 1, end: range.end - 1, text: to };
  return undefined;
}

/** The edit that takes a word away, with the blanks and continuations before it. */
export function wordRemoval({ word }: Argument, text: string): Edit {
  const { start, end } = word.range;
  const [blanks = ''] = /(?:[ \t]|\\[ \t]*\r?\n)*$/.exec(text.slice(0, start)) ?? [];
  return { start: start - blanks.length, end, text: '' };
}

/**
 * Whether further commands may stand beside this one in a list with `&&`: it is a command of the RUN's own shell script,
 * neither a part of another's words nor of a pipe, and runs whenever the script comes there.
 */
export function isInOwnPlace(invocation: Invocation, run: Run, text: string): boolean {
  if (!isWrittenHere(invocation, run, text)) return false;
  return isListItem(before(invocation, run, text)) && !/^\s*\|(?!\|)/.test(after(invocation, text));
}

/** Whether the command is a script's own, not one in quotes, in `$(…)` or in another file. */
export function isWrittenHere(invocation: Invocation, run: Run, text: string): boolean {
  const { range, program, substituted } = invocation;
  if (isFollowed(range) || substituted || run.instruction.command.form === 'exec') return false;
  const { start, end } = program.word.range;
  if (text.slice(start, end) !== program.word.text) return false;
  return !run.invocations.some(other =>
    other.args.some(({ word }) => word.range.start <= range.start && range.end <= word.range.end),
  );
}

/** What stands before a command in its script, continuations and comments taken away. */
export function before({ range }: Invocation, run: Run, text: string): string {
  const { command } = run.instruction;
  const from = command.form === 'exec' ? range.start : command.text.range().start;
  return joined(text.slice(from, range.start));
}

/** What stands behind a command, to the end of the file. */
export function after({ range }: Invocation, text: string): string {
  return joined(text.slice(range.end, range.end + 4096));
}

/** Whether a command behind this text is one of a list, where `A && B` may take its place: `)` ends a pattern of `case`. */
export function isListItem(text: string): boolean {
  return /(^|&&|[;{()\n]|(^|[\s;])(then|do|else|elif|if|while|until))\s*$/.test(text);
}

function joined(text: string): string {
  return text.replaceAll(/\\[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*/g, ' ');
}

/**
 * A path for the shell, which may hold variables that it knows when it comes there; nothing where it would have to be
 * worked out anew.
 */
export function shellPath(path: string): string | undefined {
  if (/^[\w.+:@%=,/-]+$/.test(path) && !path.startsWith('-')) return path;
  if (/["`\\\n]|\$\(|^-/.test(path)) return undefined;
  return `"${path}"`;
}

/** The form in which the program that a command starts is started for another one: with `sudo` where it has that. */
export function privilege({ range }: Invocation, text: string): string {
  return /^sudo\s/.test(text.slice(range.start, range.end)) ? 'sudo ' : '';
}
