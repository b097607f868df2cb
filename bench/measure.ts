import { spawnSync } from 'node:child_process';

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Undone before each run, untimed. */
  readonly before?: () => void;
}

/** Seconds that the command took. @throws Error with its last lines where it fails */
export function seconds({ argv: [program = '', ...args], env = {}, cwd, before }: Command): number {
  before?.();
  // What an earlier run wrote is on the disk before the clock starts: nobody pays for another's writing.
  spawnSync('sync');
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: { ...process.env, ...env },
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const taken = (performance.now() - start) / 1000;
  if (status !== 0)
    throw new Error(
      `${program} ${args.join(' ')}\n${`${stdout}${stderr}`.split('\n').slice(-15).join('\n')}`,
    );
  return taken;
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
