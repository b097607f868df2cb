import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Undone before each run, untimed. */
  readonly before?: () => void;
  /** Exit codes that are no failure; 0 alone where not said. */
  readonly exits?: readonly number[];
}

/** What a command took. */
export interface Usage {
  readonly seconds: number;
  /** The most memory of its first process. */
  readonly megabytes: number;
}

/** @throws Error with the command's last lines where it fails */
export function usage({ argv, env = {}, cwd, before, exits = [0] }: Command): Usage {
  before?.();
  // What an earlier run wrote is on the disk before the clock starts: nobody pays for another's writing.
  spawnSync('sync');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'peak.ts'), ...argv],
    { env: { ...process.env, ...env }, cwd, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status === null || !exits.includes(status))
    throw new Error(`${argv.join(' ')}\n${stderr.split('\n').slice(-15).join('\n')}`);
  return JSON.parse(stdout) as Usage;
}

/** Seconds that the command took. @throws Error with its last lines where it fails */
export function seconds(command: Command): number {
  return usage(command).seconds;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below = 0, above = 0] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (below + above) / 2;
}

export interface Pair {
  readonly what: string;
  readonly ours: readonly number[];
  readonly peer: readonly number[];
  /** Ratio of medians, ours to the peer's. */
  readonly ratio: number;
}

/** Runs the two in turn, so that a drift of the machine's speed meets both. */
export function sideBySide(what: string, runs: number, ours: () => number, peer: () => number): Pair {
  const pairs = Array.from({ length: runs }, () => ({ peer: peer(), ours: ours() }));
  const [mine, theirs] = [pairs.map(pair => pair.ours), pairs.map(pair => pair.peer)];
  return { what, ours: mine, peer: theirs, ratio: median(mine) / median(theirs) };
}

export function pairText({ what, ours, peer, ratio }: Pair, unit = 's'): string {
  const list = (values: readonly number[]) => values.map(value => value.toFixed(2)).join(' ');
  return `${what}\n  holdfast ${list(ours)} ${unit}\n  peer     ${list(peer)} ${unit}\n  ratio of medians ${ratio.toFixed(2)}\n`;
}

/**
 * For a minute after many files were removed, ext4 takes up to ten times as long to make new ones, since it does not
 * use their inodes again so soon. Each run removes files at its end, which the next one would pay for.
 */
export function forgetRemovedFiles(): void {
  spawnSync('sync');
  spawnSync('sleep', ['62']);
}
