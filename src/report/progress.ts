import type { BuildEvent } from '../build/index.ts';
import { plainProgress } from './plain-progress.ts';
import { treeProgress } from './tree-progress.ts';

/** Docker's names for `--progress`, and `quiet`. */
export const progressModes = ['auto', 'tty', 'plain', 'quiet'] as const;
export type ProgressMode = (typeof progressModes)[number];

/** Shows a build's events as they come. `close` leaves the terminal as a reader expects it. */
export interface Progress {
  show(event: BuildEvent): void;
  close(): void;
}

/** Where progress goes (stderr), and the clock that it shows; milliseconds. */
export interface ProgressTarget {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: () => number;
  readonly now: () => number;
  /** What was done with the bytes that came; `recorded` where it is left out. */
  readonly received?: string;
}

export function progressFor(mode: ProgressMode, target: ProgressTarget): Progress {
  switch (mode) {
    case 'auto':
      return target.isTerminal ? treeProgress(target) : plainProgress(target);
    case 'tty':
      return treeProgress(target);
    case 'plain':
      return plainProgress(target);
    case 'quiet':
      return { show: () => {}, close: () => {} };
  }
}
