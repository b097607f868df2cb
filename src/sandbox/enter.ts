import { readlinkSync } from 'node:fs';
import { usageError } from '../core/index.ts';
import { hasCapability } from './own-capabilities.ts';
import { withOneOwner } from './single-id/ownership-filter.ts';
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

/** Who a program is in its namespaces, and by what right. */
export type EntryWay = 'root' | 'root of a container' | 'subordinate ids' | 'single id';

/** How this process can enter its namespaces. */
export function entryWay(isolation: 'namespaces' | 'single-id'): EntryWay {
  if (isolation === 'single-id') return 'single id';
  if (process.getuid?.() !== 0) return 'subordinate ids';
  return hasCapability('sys_admin') ? 'root' : 'root of a container';
}

/** The command that re-executes a program in its namespaces: a mount namespace; for most, a user namespace too. */
export function namespaceCommand(program: readonly string[], way: EntryWay): string[] {
  const { unshare } = findTools(['unshare']);
  const mount = ['--mount', '--propagation=private', '--'];
  switch (way) {
    case 'root':
      return [unshare, ...mount, ...program];
    case 'root of a container': {
      const { sh } = findTools(['sh']);
      return [sh, '-c', mapAll, sh, unshare, ...mount, sh, '-c', awaitMap, sh, ...program];
    }
    case 'subordinate ids':
      findTools(userNamespaceTools);
      return [unshare, '--user', '--map-root-user', '--map-auto', ...mount, ...program];
    case 'single id':
      return [unshare, '--user', '--map-root-user', ...mount, ...withOneOwner(), ...program];
  }
}

/**
 * Root in a container may map all ids that it has, though only from outside of the new namespace (user_namespaces(7)).
 * So what is to map them is started first, and waits for the namespace.
 */
const mapAll = `outer=$(readlink /proc/$$/ns/user)
map_all() {
  n=0
  until [ "$(readlink /proc/$$/ns/user)" != "$outer" ] || [ $n -ge 100 ]; do sleep 0.01; n=$((n + 1)); done
  echo '0 0 4294967295' >/proc/$$/uid_map
  echo '0 0 4294967295' >/proc/$$/gid_map
}
(map_all >/dev/null 2>&1 &)
unshare=$1
shift
exec "$unshare" --user "$@"`;

const awaitMap = `n=0
until read -r _ </proc/self/gid_map; do
  [ $n -lt 100 ] || { echo 'ids cannot be mapped' >&2; exit 1; }
  sleep 0.01
  n=$((n + 1))
done
exec "$@"`;

/**
 * Replaces this process with the same program inside its namespaces, where owners and attributes read as the
 * image's own, and returns at once if it is already there. Because execve replaces the process, the terminal,
 * signals and the exit code need no forwarding, and no parent is left that could be killed alone.
 * Call `probeSandbox` first: after execve a refusal of the kernel can no longer become a clear error.
 * @param argv the script and its arguments, as `process.argv.slice(1)`.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_UNAVAILABLE (exit 2)
 */
export function enterNamespaces(
  isolation: 'namespaces' | 'single-id',
  argv: readonly string[] = process.argv.slice(1),
): void {
  if (isInside()) return;
  if (process.execve === undefined || process.getuid === undefined) {
    throw usageError('SANDBOX_UNAVAILABLE', 'this Node.js cannot replace its process (process.execve)', {
      next: 'Use Node.js 22.19 or newer on Linux.',
    });
  }
  const program = [process.execPath, ...process.execArgv, ...argv];
  const command = namespaceCommand(program, entryWay(isolation));
  const environment = { ...process.env, [marker]: `${process.pid}@${mountNamespace()}` };
  process.execve(command[0] as string, command, environment);
}
