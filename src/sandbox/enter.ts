import { readlinkSync } from 'node:fs';
import { usageError } from '../core/index.ts';
import { findTools, userNamespaceTools } from './tools.ts';

/**
 * Marks the process that has been re-executed: its own id, which execve keeps, and the mount namespace it came
 * from. A variable left over in a shell or passed on to a child names another process, and so means nothing.
 */
const marker = 'HOLDFAST_NAMESPACE_OF';

function mountNamespace(): string {
  return readlinkSync('/proc/self/ns/mnt');
}

/** Whether this process already has a mount namespace of its own, made by `enterNamespaces`. */
export function isInside(): boolean {
  const [pid, outer] = (process.env[marker] ?? '').split('@');
  return pid === String(process.pid) && outer !== undefined && outer !== mountNamespace();
}

/** The command that re-executes a program in its namespaces: a mount namespace; for a normal user, a user namespace too. */
export function namespaceCommand(program: readonly string[], uid: number): string[] {
  const { unshare } = findTools(['unshare']);
  if (uid === 0) return [unshare, '--mount', '--propagation=private', '--', ...program];
  findTools(userNamespaceTools);
  const user = ['--user', '--map-root-user', '--map-auto'];
  return [unshare, ...user, '--mount', '--propagation=private', '--', ...program];
}

/**
 * Replaces this process with the same program inside its namespaces, where owners and attributes read as the
 * image's own, and returns at once if it is already there. Because execve replaces the process, the terminal,
 * signals and the exit code need no forwarding, and no parent is left that could be killed alone.
 * Call `probeSandbox` first: after execve a refusal of the kernel can no longer become a clear error.
 * @param argv the script and its arguments, as `process.argv.slice(1)`.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_UNAVAILABLE (exit 2)
 */
export function enterNamespaces(argv: readonly string[] = process.argv.slice(1)): void {
  if (isInside()) return;
  if (process.execve === undefined || process.getuid === undefined) {
    throw usageError('SANDBOX_UNAVAILABLE', 'this Node.js cannot replace its process (process.execve)', {
      next: 'Use Node.js 22.19 or newer on Linux.',
    });
  }
  const program = [process.execPath, ...process.execArgv, ...argv];
  const command = namespaceCommand(program, process.getuid());
  const environment = { ...process.env, [marker]: `${process.pid}@${mountNamespace()}` };
  process.execve(command[0] as string, command, environment);
}
