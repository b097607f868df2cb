import { chmodSync, readFileSync, statSync } from 'node:fs';
import { stepError } from '../../core/index.ts';
import { canMountKernelFiles } from '../kernel-files.ts';
import { hasSingleId, insideUserNamespace, isMapped } from '../namespaces.ts';
import { lstatOf, resolveInRoot } from '../paths.ts';
import { findTools, stepTools } from '../tools.ts';
import { lookUpUser, type StepUser } from '../users.ts';
import { missingCommand } from './command.ts';
import { closeInheritedFiles } from './inherited-files.ts';
import { InjectedLayer } from './injected-layer.ts';
import {
  deviceNames,
  earlyMounts,
  lateMounts,
  makeDeviceEntries,
  type Mountpoints,
  type MountSettings,
} from './mounts.ts';
import { StepOutput } from './output.ts';
import { earlyOperations, lateOperations, refuseSecretNames } from './operations.ts';
import { SetupProcess } from './setup-process.ts';
import { StepMounts } from './step-mounts.ts';
import type { Step, StepResult } from './step-types.ts';
import { makeWorkspace, rootMount, viewMount, type Workspace, writeGeneratedFiles } from './workspace.ts';

/**
 * Runs one command in a root file system made of layers: in its own PID, mount, UTS, IPC and network namespaces, with
 * Docker's default capabilities, and with nothing of the host within reach. When the command ends, whatever it left
 * running is killed; so it is when this process dies. Nothing is mounted in this process's own mount namespace.
 *
 * The order: a process in new namespaces mounts the image alone; through /proc this process looks into it, lays the
 * injected files and the devices; the other mounts the step's root, leaves the host's, and starts the command.
 *
 * Files that were left open to this program are closed: see `closeInheritedFiles`.
 * A command that is not in the image is no error but exit code 127 with a message on stderr, as in Docker.
 * @throws HoldfastError SANDBOX_SETUP_FAILED, SANDBOX_TOOL_MISSING, SANDBOX_OVERLAY_FAILED (exit 2);
 *   SANDBOX_CWD_MISSING, SANDBOX_USER_UNKNOWN, SANDBOX_GROUP_UNKNOWN, SANDBOX_ID_UNMAPPED, SANDBOX_ROOTFS_INVALID,
 *   SANDBOX_ENVIRONMENT, SANDBOX_MOUNT_SOURCE, SANDBOX_MOUNT_TARGET, SANDBOX_STEP_INVALID (exit 6). With an aborted `signal`, its reason.
 */
export async function runStep(step: Step): Promise<StepResult> {
  const ownKernelFiles = await canMountKernelFiles();
  step.signal?.throwIfAborted();
  refuseZeroBytes(step);
  refuseSecretNames(step.secrets ?? {});
  closeInheritedFiles();
  findTools(stepTools);
  const workspace = makeWorkspace(step.directory, step.lowers);
  const settings = {
    ownNetwork: step.network !== 'host',
    insecure: step.security === 'insecure',
    ownKernelFiles,
    shmSize: step.shmSize || defaultSharedMemory,
    terminal: step.terminal,
  };
  // The other's mounts, seen from this process's mount namespace.
  let inside = 0;
  const reach = (path: string) => `/proc/${inside}/root${path}`;
  using mounts = new StepMounts(step.mounts ?? [], workspace.mounts, workspace, reach);
  const early = [...earlyMounts(workspace, viewMount(workspace)), ...mounts.early(workspace.viewLinks)];
  const setup = new SetupProcess(settings);
  const abort = () => setup.kill();
  step.signal?.addEventListener('abort', abort);
  try {
    inside = await setup.begin(earlyOperations(workspace, early, step.network));
    return await runIn({ setup, step, workspace, settings, mounts, reach });
  } catch (thrown) {
    step.signal?.throwIfAborted();
    throw thrown;
  } finally {
    setup.kill();
    await setup.end();
    step.signal?.removeEventListener('abort', abort);
  }
}

/** Docker's. */
const defaultSharedMemory = 64 << 20;

interface Running {
  readonly setup: SetupProcess;
  readonly step: Step;
  readonly workspace: Workspace;
  readonly settings: MountSettings;
  readonly mounts: StepMounts;
  readonly reach: (path: string) => string;
}

async function runIn(running: Running): Promise<StepResult> {
  const { setup, step, workspace, settings, mounts, reach } = running;
  const image = reach(workspace.view);
  const user = typeof step.user === 'string' ? lookUpUser(image, step.user) : step.user;
  refuseUnmapped(user);
  prepareDevices(reach(workspace.devices), reach(workspace.lent));
  const { points, injectedPaths } = await injectFiles(image, running);
  writeGeneratedFiles(reach(workspace.lent), resolverFile(step.network), step.hostName);
  const root = rootMount(workspace, statSync(image));
  const late = [...lateMounts(workspace, root, points, settings), ...mounts.late(workspace.rootLinks)];

  const { upper } = workspace;
  const problem = missingCommand(image, step);
  if (problem !== undefined) {
    step.onStderr?.(Buffer.from(`holdfast: cannot run ${problem}\n`));
    return { exitCode: 127, upper, injectedPaths };
  }
  refuseMissingDirectory(image, step.cwd);
  using stdout = new StepOutput(reach(workspace.stdout), user);
  using stderr = new StepOutput(reach(workspace.stderr), user);
  await setup.finish(lateOperations({ workspace, mounts: late, points, step, user }));
  if (step.terminal === undefined)
    await Promise.all([stdout.read(step.onStdout), stderr.read(step.onStderr)]);
  const exitCode = await setup.end();
  step.signal?.throwIfAborted();
  return { exitCode, upper, injectedPaths };
}

async function injectFiles(image: string, { step, workspace, mounts }: Running) {
  const layer = new InjectedLayer(image, workspace.injected);
  const points: Mountpoints = {
    proc: layer.ensureDirectory('/proc'),
    sys: layer.ensureDirectory('/sys'),
    dev: layer.ensureDirectory('/dev'),
    generated: new Map(
      ['hosts', 'resolv.conf', 'hostname'].map(name => [name, layer.ensureFile(`/etc/${name}`)] as const),
    ),
  };
  await mounts.place(image, layer, points);
  for (const file of step.files ?? []) if (!mounts.addFile(file, image)) layer.addFile(file);
  return { points, injectedPaths: layer.finish() };
}

/** resolv.conf(5): the gateway; for the host's network what the host asks. */
export function resolverFile(network: Step['network']): string {
  if (network === 'none') return '';
  if (network === 'host') return readFileSync('/etc/resolv.conf', 'utf8');
  return `nameserver ${network.gatewayAddress}\n`;
}

function prepareDevices(devices: string, lent: string): void {
  makeDeviceEntries(devices);
  if (insideUserNamespace()) return;
  for (const name of deviceNames) chmodSync(`${lent}/${name}`, 0o666);
}

export function refuseMissingDirectory(image: string, cwd: string): void {
  if (lstatOf(image + resolveInRoot(image, cwd))?.isDirectory()) return;
  throw stepError('SANDBOX_CWD_MISSING', `the working directory ${cwd} is not in the image`, {
    next: 'Create it with WORKDIR before the step.',
  });
}

function refuseUnmapped(user: StepUser): void {
  // Where there is but one id, all users are it.
  if (hasSingleId()) return;
  const { uid, groups } = user;
  const unmapped = groups.find(id => !isMapped('gid', id)) ?? (isMapped('uid', uid) ? undefined : uid);
  if (unmapped === undefined) return;
  throw stepError('SANDBOX_ID_UNMAPPED', `the id ${unmapped} is outside of your range of subordinate ids`, {
    next: 'Have the range in /etc/subuid and /etc/subgid made larger, or run as root.',
  });
}

export function refuseZeroBytes(step: Step): void {
  const texts = [...step.argv, step.cwd, ...Object.entries({ ...step.env, ...step.secrets }).flat()];
  const badName = Object.keys(step.env).some(name => name === '' || name.includes('='));
  if (step.argv.length > 0 && !badName && !texts.some(text => text.includes('\0'))) return;
  throw stepError(
    'SANDBOX_STEP_INVALID',
    'a command or an environment variable of the step cannot be passed on',
    {
      next: 'See that there is a command, and no zero byte in it or in the environment.',
    },
  );
}
