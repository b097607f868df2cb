import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type HoldfastError, usageError } from '../core/index.ts';
import { namespaceCommand } from './enter.ts';
import { insideUserNamespace, isMapped } from './namespaces.ts';
import { runTool } from './run-tool.ts';
import { command } from './step/setup-shell.ts';
import { findTools, stepTools, type Tools } from './tools.ts';

/** What the machine offers. Only tier 1 (namespaces and overlayfs) exists so far. */
export interface SandboxProbe {
  readonly tier: 1;
  /** Whether steps run as real root or as root of a user namespace. */
  readonly as: 'root' | 'user namespace';
  /** One line for people. */
  readonly summary: string;
}

/** Each trial needs those before it. */
const trials = ['namespaces', 'overlay', 'proc', 'sysfs'] as const;
type Trial = (typeof trials)[number];

/**
 * Tries out what a step needs, and says which tier works. There is no weaker tier to fall to: an error says what
 * was found instead.
 * @param directory on the file system where steps will have their layers.
 * @throws HoldfastError SANDBOX_TOOL_MISSING, SANDBOX_UNAVAILABLE (exit 2)
 */
export async function probeSandbox(directory: string = tmpdir()): Promise<SandboxProbe> {
  if (process.platform !== 'linux' || process.getuid === undefined) {
    throw unavailable(
      `this is ${process.platform}, not Linux`,
      'Run it on Linux, or in a virtual machine with Linux.',
    );
  }
  const tools = findTools(stepTools);
  const uid = process.getuid();
  if (uid !== 0) refuseMissingSubordinateIds(uid);
  else if (!isMapped('uid', 1) || !isMapped('gid', 1)) {
    throw unavailable(
      'this user namespace has a single id',
      'Map a range of ids into it, or run outside of it.',
    );
  }
  const scratch = mkdtempSync(join(directory, 'holdfast-probe-'));
  try {
    const separate = ['--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child=KILL'];
    const fixed = [tools.setarch, '--addr-no-randomize'];
    const shell = [...fixed, tools.unshare, '--mount', ...separate, '--', tools.sh, '-s'];
    const [file = '', ...args] = namespaceCommand(shell, uid);
    const { ok, stdout, complaint } = await runTool(file, args, {
      input: script(tools, scratch, uid),
      cwd: scratch,
    });
    const passed = stdout.trim().split('\n');
    const failed = trials.find(trial => !passed.includes(trial));
    if (failed !== undefined || !ok) throw failure(failed ?? 'namespaces', uid, complaint);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const as = uid === 0 && !insideUserNamespace() ? 'root' : 'user namespace';
  return {
    tier: 1,
    as,
    summary: `tier 1: namespaces and overlayfs, as ${as === 'root' ? as : 'a normal user'}`,
  };
}

/** Echoes the name of each trial that went well, and leaves nothing in the directory that its owner cannot remove. */
function script(tools: Tools, scratch: string, uid: number): string {
  const xattr = uid !== 0 || insideUserNamespace() ? ',userxattr' : '';
  const overlay = `lowerdir=lower,upperdir=layer/upper,workdir=layer/work,volatile${xattr}`;
  return [
    'set -e',
    'echo namespaces',
    `mkdir lower layer layer/upper layer/work merged`,
    command(tools.mount, '-n', '-t', 'overlay', '-o', overlay, 'overlay', `${scratch}/merged`),
    ': >merged/file',
    'echo overlay',
    command(tools.mount, '-n', '-t', 'proc', 'proc', `${scratch}/lower`),
    'echo proc',
    command(tools.mount, '-n', '-t', 'sysfs', '-o', 'ro', 'sysfs', `${scratch}/lower`),
    'echo sysfs',
    command(tools.umount, `${scratch}/lower`, `${scratch}/merged`),
    'rm -rf layer',
    '',
  ].join('\n');
}

function failure(trial: Trial, uid: number, complaint: string): HoldfastError {
  const who = uid === 0 ? 'root' : 'a normal user with subordinate ids';
  switch (trial) {
    case 'namespaces':
      return unavailable(`${who} may not make namespaces here: ${complaint}`, hint(uid));
    case 'overlay':
      return unavailable(
        `${who} may make namespaces, but not mount an overlay: ${complaint}`,
        restricted()
          ? hint(uid)
          : 'Use a kernel from 5.11 on, and a work directory that is not inside a container layer.',
      );
    case 'proc':
    case 'sysfs':
      return unavailable(
        `${who} may mount an overlay, but not ${trial}: ${complaint}`,
        'Run it outside of a container, or in one whose /proc and /sys are not masked.',
      );
  }
}

function hint(uid: number): string {
  if (uid === 0)
    return 'Give the container CAP_SYS_ADMIN (docker run --privileged), or run outside of a container.';
  if (restricted())
    return 'Run `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` as root, or run as root.';
  return 'Run as root, or allow user namespaces and see that util-linux is 2.38 or newer.';
}

/** Ubuntu from 23.10 on lets programs make user namespaces, but gives them no rights inside. */
function restricted(): boolean {
  return textOf('/proc/sys/kernel/apparmor_restrict_unprivileged_userns').trim() === '1';
}

function refuseMissingSubordinateIds(uid: number): void {
  const name = userName() ?? String(uid);
  const has = (file: string) =>
    textOf(file)
      .split('\n')
      .some(line => line.startsWith(`${name}:`) || line.startsWith(`${uid}:`));
  if (has('/etc/subuid') && has('/etc/subgid')) return;
  throw unavailable(
    `the user ${name} has no subordinate ids in /etc/subuid and /etc/subgid`,
    `Run \`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}\` as root, or run as root.`,
  );
}

/** Some container platforms run programs under ids that have no name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function unavailable(cause: string, next: string): HoldfastError {
  return usageError('SANDBOX_UNAVAILABLE', `build steps cannot be isolated: ${cause}`, { next });
}
