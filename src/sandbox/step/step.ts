import { chmodSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { stepError } from '../../core/index.ts';
import { insideUserNamespace, isMapped } from '../namespaces.ts';
import { lstatOf, resolveInRoot } from '../paths.ts';
import { findTools, stepTools, type Tools } from '../tools.ts';
import { lookUpUser, type StepUser } from '../users.ts';
import { missingCommand } from './command.ts';
import { closeInheritedFiles } from './inherited-files.ts';
import { InjectedLayer } from './injected-layer.ts';
import { deviceNames, earlyMounts, lateMounts, makeDeviceEntries, type Mountpoints } from './mounts.ts';
import { StepOutput } from './output.ts';
import { earlyCommands, lateCommands } from './scripts.ts';
import { SetupShell } from './setup-shell.ts';
import type { Step, StepResult } from './step-types.ts';
import {
  makeWorkspace,
  rootMount,
  viewMount,
  type Workspace,
  writeFstab,
  writeGeneratedFiles,
} from './workspace.ts';

/**
 * Runs one command in a root file system made of layers: in its own PID, mount, UTS, IPC and network namespaces, with
 * Docker's default capabilities, and with nothing of the host within reach. When the command ends, whatever it left
 * running is killed; so it is when this process dies. Nothing is mounted in this process's own mount namespace.
 *
 * The order: a shell in new namespaces mounts the image alone; through /proc this process looks into it, lays the
 * injected files and the devices; the shell mounts the step's root, leaves the host's, and starts the command.
 *
 * Files that were left open to this program are closed: see `closeInheritedFiles`.
 * A command that is not in the image is no error but exit code 127 with a message on stderr, as in Docker.
 * @throws HoldfastError SANDBOX_SETUP_FAILED, SANDBOX_TOOL_MISSING, SANDBOX_OVERLAY_FAILED (exit 2);
 *   SANDBOX_CWD_MISSING, SANDBOX_USER_UNKNOWN, SANDBOX_GROUP_UNKNOWN, SANDBOX_ID_UNMAPPED, SANDBOX_ROOTFS_INVALID,
 *   SANDBOX_ENVIRONMENT, SANDBOX_STEP_INVALID (exit 6). With an aborted `signal`, its reason.
 */
export async function runStep(step: Step): Promise<StepResult> {
  step.signal?.throwIfAborted();
  refuseZeroBytes(step);
  closeInheritedFiles();
  const tools = findTools(stepTools);
  const workspace = makeWorkspace(step.directory, step.lowers);
  const early = writeFstab(workspace, 'early', earlyMounts(workspace, viewMount(workspace)));
  const shell = new SetupShell(tools, workspace.viewLinks);
  const abort = () => shell.kill();
  step.signal?.addEventListener('abort', abort);
  try {
    await shell.begin(earlyCommands(tools, workspace, early));
    return await runIn(shell, step, tools, workspace);
  } catch (thrown) {
    step.signal?.throwIfAborted();
    throw thrown;
  } finally {
    shell.kill();
    await shell.end();
    step.signal?.removeEventListener('abort', abort);
  }
}

async function runIn(shell: SetupShell, step: Step, tools: Tools, workspace: Workspace): Promise<StepResult> {
  // The shell's mounts, seen from this process's mount namespace.
  const reach = (path: string) => `/proc/${shell.pid}/root${path}`;
  const image = reach(workspace.view);
  const user = typeof step.user === 'string' ? lookUpUser(image, step.user) : step.user;
  refuseUnmapped(user);
  const connected = step.network === 'none' ? undefined : step.network.connect(shell.pid);
  const { points, injectedPaths } = injectFiles(image, step, workspace);
  prepareDevices(reach(workspace.devices), reach(workspace.lent));
  writeGeneratedFiles(
    reach(workspace.lent),
    step.network === 'none' ? undefined : step.network.gatewayAddress,
  );
  const root = rootMount(workspace, statSync(image));
  const late = writeFstab(workspace, 'late', lateMounts(workspace, root, points));
  await connected;

  const { upper } = workspace;
  const problem = missingCommand(image, step);
  if (problem !== undefined) {
    step.onStderr?.(Buffer.from(`holdfast: cannot run ${problem}\n`));
    return { exitCode: 127, upper, injectedPaths };
  }
  refuseMissingDirectory(image, step.cwd);
  using stdout = new StepOutput(reach(workspace.stdout), user);
  using stderr = new StepOutput(reach(workspace.stderr), user);
  await shell.finish(lateCommands({ tools, workspace, fstab: late, points, step, user, image }));
  await Promise.all([stdout.read(step.onStdout), stderr.read(step.onStderr)]);
  const { code, signal } = await shell.end();
  step.signal?.throwIfAborted();
  return { exitCode: code ?? 128 + constants.signals[signal ?? 'SIGKILL'], upper, injectedPaths };
}

function injectFiles(image: string, step: Step, workspace: Workspace) {
  const layer = new InjectedLayer(image, workspace.injected);
  const points: Mountpoints = {
    proc: layer.ensureDirectory('/proc'),
    sys: layer.ensureDirectory('/sys'),
    dev: layer.ensureDirectory('/dev'),
    generated: new Map(
      ['hosts', 'resolv.conf', 'hostname'].map(name => [name, layer.ensureFile(`/etc/${name}`)] as const),
    ),
  };
  for (const file of step.files ?? []) layer.addFile(file);
  return { points, injectedPaths: layer.finish() };
}

function prepareDevices(devices: string, lent: string): void {
  makeDeviceEntries(devices);
  if (insideUserNamespace()) return;
  for (const name of deviceNames) chmodSync(`${lent}/${name}`, 0o666);
}

function refuseMissingDirectory(image: string, cwd: string): void {
  if (lstatOf(image + resolveInRoot(image, cwd))?.isDirectory()) return;
  throw stepError('SANDBOX_CWD_MISSING', `the working directory ${cwd} is not in the image`, {
    next: 'Create it with WORKDIR before the step.',
  });
}

function refuseUnmapped(user: StepUser): void {
  const { uid, gid, groups } = user;
  const unmapped =
    [gid, ...groups].find(id => !isMapped('gid', id)) ?? (isMapped('uid', uid) ? undefined : uid);
  if (unmapped === undefined) return;
  throw stepError('SANDBOX_ID_UNMAPPED', `the id ${unmapped} is outside of your range of subordinate ids`, {
    next: 'Have the range in /etc/subuid and /etc/subgid made larger, or run as root.',
  });
}

function refuseZeroBytes(step: Step): void {
  const texts = [...step.argv, step.cwd, ...Object.entries(step.env).flat()];
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
