import { Option, type Command } from 'commander';
import { usageError } from '../core/index.ts';

/** What becomes of another program's flag that has no other name here. */
export type Fate =
  /** It has no meaning, or is always so; `why` is told when it is used. */
  | { readonly fate: 'accepted'; readonly why: string }
  /** Passing over it would build, or publish, something else. */
  | { readonly fate: 'refused'; readonly why: string; readonly next: string };

/** By the flag's name; whether it has a value, and the one letter that stands for it, if any. */
export type OtherFlags = Readonly<Record<string, OtherFlag>>;

interface OtherFlag {
  readonly value: boolean;
  readonly letter?: string;
  readonly fate: Fate;
}

export const accepted = (why: string): Fate => ({ fate: 'accepted', why });
export const refused = (why: string, next: string): Fate => ({ fate: 'refused', why, next });

/** They are taken, and not shown by `--help`. */
export function addOtherFlags(command: Command, flags: OtherFlags): void {
  for (const [name, { value, letter }] of Object.entries(flags)) {
    const short = letter === undefined ? '' : `-${letter}, `;
    command.addOption(new Option(`${short}--${name}${value ? ' <value>' : ''}`).hideHelp());
  }
}

/** What is to be told of those that were given and are passed over. @throws HoldfastError with `code` (exit 2) */
export function fatesOf(command: Command, flags: OtherFlags, code: string): string[] {
  return command.options.flatMap(option => {
    const flag = flags[option.name()];
    if (flag === undefined || !isGiven(command.getOptionValue(option.attributeName()), option)) return [];
    const { fate } = flag;
    const name = nameOf(option, flags);
    if (fate.fate === 'accepted') return [`${name} changes nothing: ${fate.why}`];
    throw usageError(code, `${name} cannot be followed: ${fate.why}`, { next: fate.next });
  });
}

/** `--x` and `--no-x` have one value. */
const isGiven = (value: unknown, { negate }: Option) => value !== undefined && (value === false) === negate;

/** Of a switch that is on by itself, `--no-x` is how the parser here calls `--x=false`. */
function nameOf(option: Option, flags: OtherFlags): string {
  const positive = option.name().replace(/^no-/, '');
  return option.negate && Object.hasOwn(flags, positive) ? `--${positive}=false` : `--${option.name()}`;
}
