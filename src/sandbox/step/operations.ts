import { stepError } from '../../core/index.ts';
import type { Operation } from '../helper/helper.ts';
import { mountOperations, type Mount } from '../helper/mount-operations.ts';
import { insideUserNamespace } from '../namespaces.ts';
import { stepSideCommands } from '../network/network.ts';
import { findTools } from '../tools.ts';
import type { StepUser } from '../users.ts';
import { keptCapabilities } from './capabilities.ts';
import { type Environment, loaderVariable } from './command.ts';
import { deviceNames, type Mountpoints } from './mounts.ts';
import { stepFilter } from './seccomp.ts';
import type { Step } from './step-types.ts';
import { defaultHostName, type Workspace } from './workspace.ts';

/** Before the step's files are known: the image is mounted, pipes are made, and the network is begun. */
export function earlyOperations(
  workspace: Workspace,
  mounts: readonly Mount[],
  network: Step['network'],
): Operation[] {
  return [
    ...networkOperations(network),
    ['directory', workspace.viewLinks],
    ...mountOperations(mounts),
    ['pipe', workspace.stdout],
    ['pipe', workspace.stderr],
    ...(insideUserNamespace() ? [] : deviceNames.map(name => deviceCopy(workspace, name))),
  ];
}

function deviceCopy({ lent }: Workspace, name: string): Operation {
  return ['device', `${lent}/${name}`, `/dev/${name}`];
}

function networkOperations(network: Step['network']): Operation[] {
  if (network === 'host') return [];
  const { ip } = findTools(['ip']);
  const { namespace = '', commands = [] } = network === 'none' ? {} : (network.cable?.(1) ?? {});
  return [
    // No link-local address on the cable to come.
    ['setting', '/proc/sys/net/ipv6/conf/default/disable_ipv6', '1'],
    ['network', ip, namespace, lines(commands), lines(stepSideCommands(network))],
  ];
}

const lines = (commands: readonly string[]) => commands.map(text => `${text}\n`).join('');

interface LateInput {
  readonly workspace: Workspace;
  readonly mounts: readonly Mount[];
  readonly points: Mountpoints;
  readonly step: Step;
  readonly user: StepUser;
}

/** Mounts the step's root, leaves the host's root, and starts the command. */
export function lateOperations({ workspace, mounts, points, step, user }: LateInput): Operation[] {
  const { merged, stdout, stderr } = workspace;
  return [
    ['directory', workspace.rootLinks],
    ...mountOperations(mounts),
    ['host_name', step.hostName ?? defaultHostName],
    ...(step.network === 'host' ? [] : [['networked'] as const]),
    // Not the host's /dev/null: an open file is enough to change its mode.
    ...(step.terminal === undefined
      ? [['streams', `${merged}${points.dev}/null`, stdout, stderr] as const]
      : []),
    ['enter', merged],
    runOperation(step, user),
  ];
}

/** What the command gets goes over a pipe: what is on a command line, the machine's other users can read. */
function runOperation(step: Step, user: StepUser): Operation {
  const { secrets = {} } = step;
  const own = Object.entries({ HOME: user.home, ...step.env }).filter(([name]) => !(name in secrets));
  const isLate = ([name]: readonly [string, string]) => loaderVariable.test(name);
  const ordered = [...Object.entries(secrets), ...own.filter(one => !isLate(one)), ...own.filter(isLate)];
  const variables = ordered.map(([name, value]) => `${name}=${value}`);
  return [
    'run',
    step.cwd,
    String(user.uid),
    String(user.gid),
    user.groups.join(','),
    keptCapabilities(step.security),
    step.security === 'insecure' ? '' : stepFilter(),
    String(variables.length),
    ...variables,
    ...step.argv,
  ];
}

/**
 * Refuses the names of variables that a shell cannot hand on, or that steer programs of the image.
 * @throws HoldfastError SANDBOX_ENVIRONMENT (exit 6)
 */
export function refuseSecretNames(secrets: Environment): void {
  for (const name of Object.keys(secrets)) {
    const usable =
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !loaderVariable.test(name) && !name.startsWith('PERL');
    if (usable && !shellNames.includes(name)) continue;
    throw stepError('SANDBOX_ENVIRONMENT', `the variable ${name} cannot hold a secret`, {
      next: 'Give the mount another name as its env, and have the command rename it.',
    });
  }
}

/** What shells set themselves, or are steered by. */
const shellNames = ['PATH', 'LC_ALL', 'PWD', 'OLDPWD', 'SHLVL', '_'];
