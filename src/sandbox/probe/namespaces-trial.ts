import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HoldfastError } from '../../core/index.ts';
import { entryWay, type EntryWay, namespaceCommand } from '../enter.ts';
import { insideUserNamespace, isMapped } from '../namespaces.ts';
import { runTool } from '../run-tool.ts';
import { command } from '../shell-words.ts';
import { findTools, stepTools, type Tools } from '../tools.ts';
import { subordinateRanges, textOf, userName } from './subordinate-ids.ts';
import { unavailable } from './unavailable.ts';

/** The others are asked for when it is known that they would help. */
const trialTools = ['sh', 'unshare', 'setarch', 'mount', 'umount'] as const;

/** Each trial needs those before it. */
const trials = ['namespaces', 'overlay', 'kernel'] as const;
type Trial = (typeof trials)[number];

export interface NamespacesFound {
  readonly way: EntryWay;
  /** Whether steps have a /proc and /sys of their own; else they have the container's, parts of which it masks. */
  readonly ownKernelFiles: boolean;
}

/**
 * Tries out what a step in namespaces needs.
 * @param directory on the file system where steps will have their layers.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_UNAVAILABLE (exit 2)
 */
export async function tryNamespaces(
  isolation: 'namespaces' | 'single-id',
  directory: string,
): Promise<NamespacesFound> {
  const tools = findTools(trialTools);
  const uid = process.getuid?.() ?? 0;
  const way = entryWay(isolation);
  if (way === 'subordinate ids') refuseMissingSubordinateIds(uid);
  else if (way !== 'single id' && (!isMapped('uid', 1) || !isMapped('gid', 1)))
    throw unavailable(
      'this user namespace has a single id',
      'Map a range of ids into it, or run outside of it.',
    );
  const scratch = mkdtempSync(join(directory, 'holdfast-probe-'));
  try {
    const separate = ['--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child=KILL'];
    const fixed = [tools.setarch, '--addr-no-randomize'];
    const shell = [...fixed, tools.unshare, '--mount', ...separate, '--', tools.sh, '-s'];
    const [file = '', ...args] = namespaceCommand(shell, way);
    const { ok, stdout, complaint } = await runTool(file, args, {
      input: script(tools, scratch, way),
      cwd: scratch,
    });
    const passed = stdout.trim().split('\n');
    const failed = trials.find(trial => !passed.includes(trial));
    if (failed !== undefined || !ok) throw failure(failed ?? 'namespaces', way, complaint);
    findTools(stepTools);
    return { way, ownKernelFiles: passed.includes('own kernel') };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Echoes the name of each trial that went well, and leaves nothing in the directory that its owner cannot remove. */
function script(tools: Tools<(typeof trialTools)[number]>, scratch: string, way: EntryWay): string {
  const xattr = way !== 'root' || insideUserNamespace() ? ',userxattr' : '';
  const overlay = `lowerdir=lower,upperdir=layer/upper,workdir=layer/work,volatile${xattr}`;
  const lower = `${scratch}/lower`;
  return [
    'set -e',
    'echo namespaces',
    `mkdir lower layer layer/upper layer/work merged`,
    command(tools.mount, '-n', '-t', 'overlay', '-o', overlay, 'overlay', `${scratch}/merged`),
    ': >merged/file',
    'echo overlay',
    `if ${command(tools.mount, '-n', '-t', 'proc', 'proc', lower)} 2>/dev/null`,
    `then ${command(tools.mount, '-n', '-t', 'sysfs', '-o', 'ro', 'sysfs', lower)} 2>/dev/null && echo own kernel`,
    `else ${command(tools.mount, '-n', '--rbind', '/proc', lower)}`,
    'fi',
    'echo kernel',
    `${command(tools.umount, '--recursive', lower)} || :`,
    command(tools.umount, `${scratch}/merged`),
    'rm -rf layer',
    '',
  ].join('\n');
}

function failure(trial: Trial, way: EntryWay, complaint: string): HoldfastError {
  const who = accounts[way];
  switch (trial) {
    case 'namespaces':
      return unavailable(`${who} may not make namespaces here: ${complaint}`, hint(way));
    case 'overlay':
      return unavailable(
        `${who} may make namespaces, but not mount an overlay: ${complaint}`,
        isRestricted()
          ? hint(way)
          : 'Use a kernel from 5.11 on, and with --cache-dir a directory that is not inside of a container layer.',
      );
    case 'kernel':
      return unavailable(
        `${who} may mount an overlay, but not /proc: ${complaint}`,
        'Run it outside of a container, or in one whose /proc and /sys are not masked.',
      );
  }
}

const accounts: Readonly<Record<EntryWay, string>> = {
  root: 'root',
  'root of a container': 'root of this container',
  'subordinate ids': 'a normal user with subordinate ids',
  'single id': 'a normal user',
};

function hint(way: EntryWay): string {
  if (isRestricted())
    return 'Run `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` as root, or run as root.';
  switch (way) {
    case 'root':
    case 'root of a container':
      return 'Give the container CAP_SYS_ADMIN (docker run --privileged), or run outside of a container.';
    case 'subordinate ids':
    case 'single id':
      return 'Run as root, or allow user namespaces and see that util-linux is 2.38 or newer.';
  }
}

/** Ubuntu from 23.10 on lets programs make user namespaces, but gives them no rights inside. */
export function isRestricted(): boolean {
  return textOf('/proc/sys/kernel/apparmor_restrict_unprivileged_userns').trim() === '1';
}

function refuseMissingSubordinateIds(uid: number): void {
  const name = userName() ?? String(uid);
  if (subordinateRanges('/etc/subuid', uid).length > 0 && subordinateRanges('/etc/subgid', uid).length > 0)
    return;
  throw unavailable(
    `the user ${name} has no subordinate ids in /etc/subuid and /etc/subgid`,
    `Run \`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}\` as root, or run as root.`,
  );
}
