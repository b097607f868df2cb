import { stepError } from '../../core/index.ts';
import { insideUserNamespace } from '../namespaces.ts';
import { stepSideCommands } from '../network/network.ts';
import { findTools, toolEnvironment, type Tools } from '../tools.ts';
import type { StepUser } from '../users.ts';
import { capabilityOptions } from './capabilities.ts';
import { type Environment, loaderVariable, splitEnvironment } from './command.ts';
import { deviceNames, type Mountpoints } from './mounts.ts';
import { underFilter } from './seccomp.ts';
import { command, quoted, terminalFile } from './setup-shell.ts';
import type { Step } from './step-types.ts';
import { defaultHostName, type Workspace } from './workspace.ts';

/** Before the step's files are known: the image is mounted, pipes are made. */
export function earlyCommands(
  tools: Tools,
  workspace: Workspace,
  fstab: string,
  { ownNetwork }: { readonly ownNetwork: boolean },
): string[] {
  const nodes = deviceNames.map(name => `/dev/${name}`);
  // No link-local address on the cable to come. Where /proc/sys is read-only the address does no harm.
  const withoutIpv6 = '{ echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; } 2>/dev/null || :';
  return [
    ...(ownNetwork ? [withoutIpv6] : []),
    command(tools.mount, '--no-mtab', '--all', '--fstab', fstab),
    command(tools.mkfifo, '-m', '600', workspace.stdout, workspace.stderr),
    // Copies of the nodes, so that a step run by real root cannot change the mode or owner of the host's.
    ...(insideUserNamespace() ? [] : [command(tools.cp, '-a', '-t', workspace.lent, ...nodes)]),
  ];
}

interface LateInput {
  readonly tools: Tools;
  readonly workspace: Workspace;
  readonly fstab: string;
  readonly points: Mountpoints;
  readonly step: Step;
  readonly user: StepUser;
  /** Where the image can be looked into. */
  readonly image: string;
}

/**
 * Mounts the step's root, leaves the host's root, and starts the command.
 *
 * The host's root must be gone from the mount namespace, not only out of sight: with a /proc or /sys of the host
 * anywhere in it, the kernel would let a user namespace inside the step mount a writable one. But the last two
 * tools, setpriv and unshare, are the host's and must be loaded when it is gone. So they run with another copy of
 * the host's root as their root directory, which pivot_root does not touch, and with the step's root as working
 * directory. From there `..` leads out of that copy up to the real root, where pivot_root has to be called; then
 * `umount .` takes away the old root, now on top of the new; and `unshare --root=.` goes in for good.
 *
 * The shell stays behind as the first process: its root is the step's since pivot_root, and as it keeps capabilities
 * that a step never has, the step cannot look through /proc/1.
 */
export function lateCommands(input: LateInput): string[] {
  const { tools, workspace, fstab, points, step } = input;
  const { merged } = workspace;
  const up = '../'.repeat(merged.split('/').length);
  const leave = [
    'set -e',
    `${command(tools.unshare, `--root=${up}`, tools.pivot_root, merged, merged)} 2>&3`,
    `${command(tools.umount, '--no-canonicalize', '--lazy', '.')} 2>&3`,
    'echo running >&4',
    step.terminal === undefined ? 'exec "$@" 2>&6 3>&- 4>&- 6>&-' : 'exec "$@" 3>&- 4>&-',
  ];
  const enter = command(
    ...(step.security === 'insecure' ? [] : underFilter(tools)),
    tools.nsenter,
    // The one that it is in: since util-linux 2.41 nsenter insists on a namespace.
    '--uts=/proc/self/ns/uts',
    `--root=${workspace.tools}`,
    `--wd=${merged}`,
    tools.sh,
    '-c',
    leave.join('\n'),
    'sh',
    ...insideCommand(input),
  );
  // What the host's tools complain of before the command runs is the setup's, not the step's: that has its stderr as 6.
  // Not the host's /dev/null: an open file is enough to change its mode.
  const stdin = quoted(`${merged}${points.dev}/null`);
  const streams =
    step.terminal === undefined
      ? `<${stdin} >${quoted(workspace.stdout)} 6>${quoted(workspace.stderr)}`
      : `<&${terminalFile} >&${terminalFile} 2>&${terminalFile}`;
  const network =
    step.network === 'host'
      ? []
      : [`${command(tools.ip, '-batch', '-')} <<'END'\n${stepSideCommands(step.network).join('\n')}\nEND`];
  const secrets = Object.entries(step.secrets ?? {}).map(
    ([name, value]) => `export ${name}=${quoted(value)}; `,
  );
  return [
    `cd ${quoted(workspace.rootLinks)}`,
    command(tools.mount, '--no-mtab', '--all', '--fstab', fstab),
    command(tools.hostname, step.hostName ?? defaultHostName),
    ...network,
    `cd ${quoted(merged)}`,
    // The command's process id is 100 everywhere: temporary names are made of it.
    '{ echo 99 >/proc/sys/kernel/ns_last_pid; } 2>/dev/null || :',
    // In a subshell, as a shell's word about a command that was killed would else go to the step's stderr.
    `(${secrets.join('')}exec ${inTerminal(step, enter)}) 3>&2 4>&1 ${streams}`,
  ];
}

/**
 * A terminal of its own for the command, whose input and output script(1) passes on. With the user's it could type
 * into the shell that this program was started from (TIOCSTI).
 */
function inTerminal(step: Step, enter: string): string {
  if (step.terminal === undefined) return enter;
  const { script } = findTools(['script']);
  return command(script, '--quiet', '--return', '--command', `exec ${enter}`, '/dev/null');
}

/** Variables that the host's tools have beside a step's secrets: their own, and those that shells set. */
const inheritedNames = [...Object.keys(toolEnvironment), 'PWD', 'OLDPWD', 'SHLVL', '_'];

/**
 * Refuses the names of variables that a shell cannot hand on.
 * @throws HoldfastError SANDBOX_ENVIRONMENT (exit 6)
 */
export function refuseSecretNames(secrets: Environment): void {
  for (const name of Object.keys(secrets)) {
    const usable =
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !loaderVariable.test(name) && !name.startsWith('PERL');
    if (usable && !inheritedNames.includes(name)) continue;
    throw stepError('SANDBOX_ENVIRONMENT', `the variable ${name} cannot hold a secret`, {
      next: 'Give the mount another name as its env, and have the command rename it.',
    });
  }
}

/** The command, preceded by the host's tools that give it its environment, ids, capabilities and root. */
function insideCommand({ tools, step, user, image }: LateInput): string[] {
  const { secrets = {} } = step;
  const entries = Object.entries({ HOME: user.home, ...step.env }).filter(([name]) => !(name in secrets));
  const { early, argv } = splitEnvironment(image, step.argv, Object.fromEntries(entries));
  // setpriv sets the groups; unshare must set the user itself, after chroot, and alone leaves the groups as they are.
  const setUser = user.uid === 0 ? [] : [`--setuid=${user.uid}`];
  // What is on a command line, the machine's other users can read. Secrets are inherited from the shell instead.
  const fresh = Object.keys(secrets).length === 0 ? ['-i'] : inheritedNames.flatMap(name => ['-u', name]);
  const environment = [tools.env, ...fresh, ...early];
  const limits = capabilityOptions(step.security);
  const groups = ['--groups', user.groups.join(',')];
  const rights = [tools.setpriv, '--regid', String(user.gid), ...groups, ...limits];
  const root = [tools.unshare, '--root=.', `--wd=${step.cwd}`, ...setUser];
  return [...environment, ...rights, ...root, '--', ...argv];
}
