import { closeSync, constants as files, openSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { stepError } from '../../core/index.ts';
import { byteString } from '../../image/index.ts';
import { resolveInRoot } from '../paths.ts';
import { missingCommand } from '../step/command.ts';
import { closeInheritedFiles } from '../step/inherited-files.ts';
import { StepOutput } from '../step/output.ts';
import { refuseSecretNames } from '../step/operations.ts';
import type { Step, StepResult } from '../step/step-types.ts';
import { refuseMissingDirectory, refuseZeroBytes, resolverFile } from '../step/step.ts';
import { lookUpUser, type StepUser } from '../users.ts';
import { BypassWatch } from './bypass-watch.ts';
import { placeFixtures, type StepPipes } from './fixtures.ts';
import { Placements } from './placements.ts';
import { changesBetween, nextTick, snapshotOf } from './snapshot.ts';
import { CopiedMounts } from './step-mounts.ts';
import { exitCodeOf, startStep } from './step-process.ts';
import type { Trees, WorkingRoot } from './trees.ts';
import { moveChanges } from './upper.ts';

/**
 * Runs one command in a copy of its layers, with chroot(2) alone between it and the machine's files. It has no
 * namespaces: it sees the machine's network, and by number its processes.
 * @throws HoldfastError as `runStep` of namespaces does, and SANDBOX_COPY_FAILED (exit 2), SANDBOX_BYPASSED (exit 6)
 */
export async function runCopiedStep(step: Step, trees: Trees): Promise<StepResult> {
  step.signal?.throwIfAborted();
  refuseZeroBytes(step);
  refuseSecretNames(step.secrets ?? {});
  closeInheritedFiles();
  return trees.withView(step.lowers, view =>
    trees.withRoot(step.lowers, view, root => runIn(root, view, step, trees)),
  );
}

async function runIn(
  { directory: root, touched }: WorkingRoot,
  view: string,
  step: Step,
  trees: Trees,
): Promise<StepResult> {
  const user = typeof step.user === 'string' ? lookUpUser(view, step.user) : step.user;
  const before = snapshotOf(root);
  const upper = join(step.directory, 'upper');
  const placements = new Placements(root, join(step.directory, 'aside'));
  using mounts = new CopiedMounts(root, placements, trees);
  let exitCode: number;
  let injectedPaths: readonly string[];
  try {
    const pipes = await placeFixtures(placements, resolverFile(step.network), step.hostName);
    await mounts.place(step.mounts ?? []);
    for (const file of step.files ?? []) placements.layFile(file, { always: !mounts.holds(file.path) });
    injectedPaths = placements.paths;
    await nextTick();
    exitCode = await commandIn(root, user, pipes, step);
    await mounts.remove();
  } finally {
    placements.remove();
  }
  const { present, gone } = changesBetween(before, snapshotOf(root));
  const restored = new Set([...placements.restored].map(path => byteString(Buffer.from(path.slice(1)))));
  const changes = { present: present.filter(path => !restored.has(path)), gone };
  for (const path of [...changes.present, ...gone]) touched.add(path);
  await moveChanges(root, upper, changes);
  return { exitCode, upper, injectedPaths };
}

async function commandIn(root: string, user: StepUser, pipes: StepPipes, step: Step): Promise<number> {
  const problem = missingCommand(root, step);
  if (problem !== undefined) {
    step.onStderr?.(Buffer.from(`holdfast: cannot run ${problem}\n`));
    return 127;
  }
  refuseMissingDirectory(root, step.cwd);
  const attachment = typeof step.network === 'string' ? undefined : step.network;
  try {
    await attachment?.connect(process.pid);
    step.signal?.throwIfAborted();
    return await running(root, user, pipes, step);
  } finally {
    attachment?.disconnect();
  }
}

async function running(root: string, user: StepUser, pipes: StepPipes, step: Step): Promise<number> {
  using stdout = new StepOutput(pipes.stdout, user);
  using stderr = new StepOutput(pipes.stderr, user);
  // The writing ends keep the pipes open until the command has taken them over.
  const own = [
    openSync(pipes.stdin, files.O_RDONLY),
    openSync(pipes.stdout, files.O_WRONLY),
    openSync(pipes.stderr, files.O_WRONLY),
  ] as const;
  const { terminal } = step;
  const child = startStep({
    root,
    cwd: resolveInRoot(root, step.cwd),
    user,
    argv: step.argv,
    environment: { HOME: user.home, ...step.env, ...step.secrets },
    insecure: step.security === 'insecure',
    stdio: terminal === undefined ? own : [terminal, terminal, terminal],
    isTerminal: terminal !== undefined,
  });
  for (const file of own) closeSync(file);
  const watch = step.network === 'host' ? undefined : new BypassWatch(() => child.pid ?? 0);
  const abort = () => child.kill('SIGTERM');
  step.signal?.addEventListener('abort', abort);
  let ended: number | NodeJS.Signals;
  let connections: string[] | undefined;
  try {
    [ended] = await Promise.all([exitCodeOf(child), stdout.read(step.onStdout), stderr.read(step.onStderr)]);
  } finally {
    step.signal?.removeEventListener('abort', abort);
    connections = await watch?.end();
  }
  step.signal?.throwIfAborted();
  if (connections !== undefined && connections.length > 0) throw bypassed(connections);
  return typeof ended === 'number' ? ended : 128 + constants.signals[ended];
}

function bypassed(connections: readonly string[]): Error {
  return stepError(
    'SANDBOX_BYPASSED',
    `the step was connected to ${connections.join(', ')}, past the gateway: what it took there cannot be locked`,
    {
      next: 'Have it connect by name, or build where --isolation namespaces works, which catches addresses as well.',
    },
  );
}
