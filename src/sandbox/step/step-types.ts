import type { Socket } from 'node:net';
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
  /** `host`: the machine's own network, with nothing between; what a step does there is seen by nobody. */
  readonly network: StepAttachment | 'none' | 'host';
  /** What the step takes its machine to be called; the same everywhere if missing. */
  readonly hostName?: string | undefined;
  readonly files?: readonly InjectedFile[];
  /** In any order: what lies in another mount is mounted after it. Of equal targets the last one counts. */
  readonly mounts?: readonly StepMount[];
  /** Variables that win over `env`, and whose values no other user of the machine can see in the process list. */
  readonly secrets?: Environment;
  /** `insecure`: all capabilities, and nothing of /proc and /sys masked or read-only. Docker's defaults if missing. */
  readonly security?: 'insecure';
  /** Bytes of /dev/shm; Docker's 64 MiB for 0 or nothing. Without namespaces it has no limit. */
  readonly shmSize?: number | undefined;
  /** The file descriptor of a terminal that the command is to have as its own, in place of empty input and `onStdout`. */
  readonly terminal?: number;
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

/**
 * Something that a step finds at a path, and that is in no layer: neither it nor what had to be made for it to stand on
 * is in `upper`. `target` is absolute in the image; symbolic links of the image are followed.
 */
export type StepMount = { readonly target: string } & (
  | LayersMount
  | {
      readonly type: 'tmpfs';
      /** Bytes; 0 for the kernel's own limit. */
      readonly size: number;
      readonly readOnly: boolean;
    }
  /** A file in memory, read-only: it is never written to a disk. */
  | ({ readonly type: 'file'; readonly content: Uint8Array } & MountOwner)
  /** A Unix socket that this process answers. */
  | ({ readonly type: 'socket'; readonly onConnection: (socket: Socket) => void } & MountOwner)
);

/** A directory or file of a file system that is made of layers. */
interface LayersMount {
  readonly type: 'layers';
  /** Layer directories, the top one first; may be empty. */
  readonly lowers: readonly string[];
  /** What of it: a path in the layers, `/` for all. Symbolic links are followed and do not lead out. */
  readonly source: string;
  /**
   * What becomes of what the step writes: it is refused; it goes with the step; or it is left in `upper`, an existing
   * empty directory with the owner and mode that the mount's root shall have, in the form of an overlay's.
   */
  readonly writes: 'refused' | 'discarded' | { readonly upper: string };
}

interface MountOwner {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
