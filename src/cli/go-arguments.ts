import type { Command, Option } from 'commander';
import { truthValue } from '../dockerfile/index.ts';

/**
 * A command line as programs in Go take it, in the words of the parser here: `--push=false` is no `--push`, or
 * `--no-push` where there is one; `--pull=true` is `--pull`, and `-t=NAME` is `-t NAME`.
 */
export function goArguments(args: readonly string[], { options }: Command): string[] {
  const plain: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const text = args[at] ?? '';
    if (text === '--') return [...plain, ...args.slice(at)];
    const [, name = '', value] = /^(--[^=]+|-[^-=])(?:=(.*))?$/s.exec(text) ?? [];
    const option = options.find(({ long, short }) => name !== '' && (long === name || short === name));
    if (option === undefined) plain.push(text);
    // What follows is its value, whatever it looks like.
    else if (value === undefined) plain.push(text, ...(option.required ? args.slice(++at, at + 1) : []));
    else if (option.isBoolean() || option.negate) switchTo(truthValue(value), text, option, options, plain);
    else if (name.startsWith('--')) plain.push(text);
    else plain.push(name, value);
  }
  return plain;
}

/** The last of several counts. */
function switchTo(
  on: boolean | undefined,
  text: string,
  option: Option,
  options: readonly Option[],
  plain: string[],
): void {
  const name = option.long ?? '';
  if (on === undefined) plain.push(text);
  else if (on) plain.push(name);
  else {
    const opposite = name.replace(/^--/, '--no-');
    if (options.some(({ long }) => long === opposite)) plain.push(opposite);
    else plain.splice(0, plain.length, ...plain.filter(given => given !== name && given !== option.short));
  }
}
