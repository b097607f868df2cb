import { usageError, type SourcePlace } from '../../core/index.ts';
import type { RunInstruction } from '../../dockerfile/index.ts';
import type { Agents } from './agents.ts';
import type { Secrets } from './secrets.ts';

/** What a step may ask for that Docker gives only where the user says `--allow`. */
export const entitlements = ['network.host', 'security.insecure', 'device'] as const;
export type Entitlement = (typeof entitlements)[number];

/** What the user lends to steps from the machine. */
export interface Grants {
  readonly secrets: Secrets;
  readonly agents: Agents;
  readonly allowed: ReadonlySet<Entitlement>;
  /** Bytes of /dev/shm; 0 or nothing for what Docker gives. */
  readonly shmSize?: number | undefined;
  /** The network of steps that ask for none by name; through the gateway if missing. */
  readonly network?: 'none' | 'host' | undefined;
  /** There where the user wants a shell in a step that failed. */
  readonly failedStepShell?: FailedStepShell | undefined;
}

export interface Terminal {
  /** A file descriptor. */
  readonly file: number;
  /** terminfo(5)'s name for it, as in TERM. */
  readonly type: string;
}

/** Called when a step has failed. @param open resolves to the shell's exit code. */
export type FailedStepShell = (step: string, open: (terminal: Terminal) => Promise<number>) => Promise<void>;

/** @throws HoldfastError BUILD_NOT_ALLOWED (exit 2) */
export function requireEntitlement({ allowed }: Grants, entitlement: Entitlement, where: SourcePlace): void {
  if (allowed.has(entitlement)) return;
  throw usageError('BUILD_NOT_ALLOWED', `this step asks for ${entitlement}, which is not allowed`, {
    next: `Read what it does; to allow it, add --allow ${entitlement}.`,
    where,
  });
}

/** What the instruction asks for by name counts, then what the user said for all. */
export function networkOf(grants: Grants, { network }: RunInstruction): RunInstruction['network'] {
  return network === 'default' ? (grants.network ?? network) : network;
}
