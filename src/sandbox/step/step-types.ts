import type { StepAttachment } from '../network/network.ts';
import type { StepUser } from '../users.ts';
import type { Environment } from './command.ts';
import type { InjectedFile } from './injected-layer.ts';

export interface Step {
  /** The image's layer directories, the top one first; may be empty. */
  readonly lowers: readonly string[];
  /**
   * An empty directory that the step may fill, on a file system that overlays can write to. `upper` is left in it,
   * and belongs to the caller; so does the removal of the whole.
   */
  readonly directory: string;
  readonly argv: readonly string[];
  /** Exactly what the command gets, but for HOME, which is the user's if it is missing. */
  readonly env: Environment;
  /** Absolute; must exist in the image. */
  readonly cwd: string;
  /** Ids, or the text of a USER instruction to be looked up in the image. */
  readonly user: StepUser | string;
  readonly network: StepAttachment | 'none';
  readonly files?: readonly InjectedFile[];
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
}

export interface StepResult {
  /** As a shell gives it: 127 for a command that is not there, 128 + n for one that signal n ended. */
  readonly exitCode: number;
  /** The changes, as an overlay's upper directory: whiteouts are 0:0 devices, opaque directories have an xattr. */
  readonly upper: string;
  /**
   * Paths that were laid under the step and are no part of the image: a change of one in `upper` (a whiteout, a
   * copy of a directory) is about these, not about the image. Sorted, without symbolic links.
   */
  readonly injectedPaths: readonly string[];
}
