import type { ToolResult } from './run-tool.ts';
import type { GatewayListeners } from './network/take-sockets.ts';
import type { StepAttachment, StepNetwork } from './network/network.ts';
import type { Step, StepResult } from './step/step-types.ts';

/**
 * How steps are kept apart from the machine, the strongest first; `chroot` is what buildah's `--isolation` calls so.
 * docs/sandbox.md says what each of them keeps apart.
 */
export const isolations = ['namespaces', 'chroot', 'single-id'] as const;
export type Isolation = (typeof isolations)[number];

/**
 * One way to run steps, and to look into and change file systems that are made of layers. Layers are directories in
 * overlayfs's form, lists of them have the top one first; no list at all is an empty file system.
 */
export interface Sandbox {
  readonly isolation: Isolation;
  /** Where the mark of opaque directories is in a layer: `user.overlay.opaque`, else `trusted.overlay.opaque`. */
  readonly userxattr: boolean;
  /** Whether files have the owners that images give them; otherwise all belong to root. */
  readonly keepsOwners: boolean;
  runStep(step: Step): Promise<StepResult>;
  /** Runs `use` on a read-only view of the layers. @param work a directory for this call, removed by the caller. */
  withView<Result>(
    lowers: readonly string[],
    work: string,
    use: (view: string) => Promise<Result>,
  ): Promise<Result>;
  /**
   * Runs `change` on a file system of the layers that can be written to.
   * @param work a directory for this call, removed by the caller. @returns what it changed, a layer directory in `work`.
   */
  changed(lowers: readonly string[], work: string, change: (root: string) => Promise<void>): Promise<string>;
  openNetwork(options: NetworkOptions): Promise<StepNetwork>;
  /**
   * Runs one of the host's programs with nothing to reach but the gateway, as far as this sandbox can see to that.
   * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_NETWORK_FAILED (exit 2); with an aborted `signal`, its reason
   */
  runConnected(
    attachment: StepAttachment,
    argv: readonly string[],
    options: ConnectedOptions,
  ): Promise<ToolResult>;
  /** Lets go of what is kept between calls. */
  close(): Promise<void>;
}

export interface NetworkOptions {
  /** TCP ports to serve beside DNS. */
  readonly ports: readonly number[];
  /** Told of sockets that listen, whenever there are new ones. */
  readonly serve: (listeners: GatewayListeners) => void;
}

export interface ConnectedOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}
