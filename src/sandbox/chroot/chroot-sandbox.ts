import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { oneLine, type ToolResult } from '../run-tool.ts';
import type { ConnectedOptions, Sandbox } from '../sandbox.ts';
import type { StepAttachment } from '../network/network.ts';
import { toolEnvironment } from '../tools.ts';
import { openLoopbackNetwork } from './loopback-network.ts';
import { runCopiedStep } from './run-step.ts';
import { changesBetween, nextTick, snapshotOf } from './snapshot.ts';
import { Trees } from './trees.ts';
import { moveChanges } from './upper.ts';

/**
 * For root in a container that may make no namespaces and mount nothing.
 * @param directory for copies of layers, on their file system; made at first use.
 */
export function chrootSandbox(directory: string): Sandbox {
  const trees = new Trees(directory);
  return {
    isolation: 'chroot',
    // Only with CAP_SYS_ADMIN can the other attribute be set.
    userxattr: true,
    keepsOwners: true,
    runStep: step => runCopiedStep(step, trees),
    withView: (lowers, _work, use) => trees.withView(lowers, use),
    changed: (lowers, work, change) =>
      trees.withView(lowers, view =>
        trees.withRoot(lowers, view, async ({ directory: root, touched }) => {
          const upper = join(work, 'upper');
          const before = snapshotOf(root);
          await nextTick();
          await change(root);
          const changes = changesBetween(before, snapshotOf(root));
          for (const path of [...changes.present, ...changes.gone]) touched.add(path);
          await moveChanges(root, upper, changes);
          return upper;
        }),
      ),
    openNetwork: openLoopbackNetwork,
    runConnected,
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The program has the machine's network: it must be told of the gateway, and ask nobody else. */
async function runConnected(
  attachment: StepAttachment,
  argv: readonly string[],
  { cwd, env, signal }: ConnectedOptions,
): Promise<ToolResult> {
  try {
    await attachment.connect(process.pid);
    const [file = '', ...args] = argv;
    const child = spawn(file, args, {
      cwd,
      env: { ...toolEnvironment, ...env },
      stdio: 'pipe',
      signal,
      killSignal: 'SIGKILL',
    });
    child.on('error', () => {});
    child.stdin.end();
    const [stdout, stderr, [code, killed]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    signal.throwIfAborted();
    return { ok: code === 0, stdout, complaint: oneLine(stderr) || `${file} ended with ${code ?? killed}` };
  } finally {
    attachment.disconnect();
  }
}
