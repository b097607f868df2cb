import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usageError } from '../../core/index.ts';
import { runTool } from '../run-tool.ts';
import { fixedTime } from '../step/injected-layer.ts';
import { deviceNames } from '../step/mounts.ts';
import { generatedFiles } from '../step/workspace.ts';
import { findTools } from '../tools.ts';
import type { Placements } from './placements.ts';

/** Paths on the host of the pipes that take a step's output. */
export interface StepPipes {
  readonly stdout: string;
  readonly stderr: string;
  /** The step's own /dev/null. */
  readonly stdin: string;
}

/** Files of the kernel that a step gets a copy of; the others tell of processes and of the machine. */
const kernelFiles = [
  'cpuinfo',
  'meminfo',
  'filesystems',
  'loadavg',
  'stat',
  'uptime',
  'version',
  'sys/kernel/cap_last_cap',
  'sys/kernel/osrelease',
  'sys/kernel/ostype',
  'sys/kernel/pid_max',
];

/**
 * Lays what every step finds: devices, pipes for its output, `hosts` and the like, and in place of /proc and /sys, which
 * cannot be had without a mount, the few files that programs look into for the machine's size.
 * @throws HoldfastError SANDBOX_SETUP_FAILED (exit 2)
 */
export async function placeFixtures(
  placements: Placements,
  resolver: string,
  hostName?: string,
): Promise<StepPipes> {
  const devices = placements.coverDirectory('/dev');
  const { cp, mkfifo } = findTools(['cp', 'mkfifo']);
  // Copies of the nodes: a step that changes the mode or owner of one changes its own.
  await must(runTool(cp, ['-a', '-t', devices, ...deviceNames.map(name => `/dev/${name}`)]));
  for (const name of deviceNames) chmodSync(join(devices, name), 0o666);
  // Pipes, not links into /proc: what opens /dev/stdout writes to the step's output all the same.
  const [stdout, stderr] = ['stdout', 'stderr'].map(name => join(devices, name)) as [string, string];
  await must(runTool(mkfifo, ['-m', '622', stdout, stderr]));
  for (const pipe of [stdout, stderr]) chmodSync(pipe, 0o622);
  symlinkSync('null', join(devices, 'stdin'));
  mkdirSync(join(devices, 'shm'));
  chmodSync(join(devices, 'shm'), 0o1777);

  const kernel = placements.coverDirectory('/proc', 0o555);
  for (const name of kernelFiles) copyKernelFile(name, kernel);
  writeFileSync(join(kernel, 'mounts'), 'rootfs / rootfs rw 0 0\n', { mode: 0o444 });
  placements.coverDirectory('/sys', 0o555);

  for (const [name, content] of Object.entries(generatedFiles(resolver, hostName)))
    placements.cover(`/etc/${name}`, at => {
      writeFileSync(at, content);
      chmodSync(at, 0o644);
      utimesSync(at, fixedTime, fixedTime);
    });
  return { stdout, stderr, stdin: join(devices, 'null') };
}

function copyKernelFile(name: string, directory: string): void {
  let content: Buffer;
  try {
    content = readFileSync(join('/proc', name));
  } catch {
    return; // Not every kernel has each, and containers mask some.
  }
  mkdirSync(dirname(join(directory, name)), { recursive: true, mode: 0o755 });
  writeFileSync(join(directory, name), content, { mode: 0o444 });
}

async function must(result: ReturnType<typeof runTool>): Promise<void> {
  const { ok, complaint } = await result;
  if (ok) return;
  throw usageError('SANDBOX_SETUP_FAILED', `cannot set up the sandbox of a step: ${complaint}`, {
    next: 'Run `holdfast doctor`, which tells what steps can have here.',
  });
}
